"""What only the chain can tell of a receipt that holds: asked of a node of one's own choice."""

from dataclasses import dataclass

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.proofs.checking import Checked, DoesNotHold
from souk.adapters.evm.proofs.paper import ProofPart
from souk.core.errors import UnavailableError
from souk.modules.chain.domain import Level


@dataclass(frozen=True, slots=True)
class Standing:
    """How settled a block is by the node: its own level, `included` where it has reached none that
    the node has a tag for, and how many blocks lie from it to the newest, itself counted."""

    level: Level
    depth: int


def stand(checked: Checked, node: EvmNode) -> list[Standing]:
    """How each proved block stands. Raises `DoesNotHold`, also when the node does not answer."""
    try:
        if node.chain_id() != checked.chain_id:
            raise DoesNotHold("chain", "the node serves another one")
        return [_standing(part, node) for part in checked.paper.proofs]
    except UnavailableError as error:
        raise DoesNotHold("node", str(error)) from error


def _standing(part: ProofPart, node: EvmNode) -> Standing:
    number, claimed = int(part.block.number), Level(part.claimed.level)
    block, head, safe, final = node.blocks([number, "latest", "safe", "finalized"])
    if block is None or head is None or block.hash != part.block.hash:
        raise DoesNotHold("canonical", "the block is not, or no longer, one of the chain's")
    index, transaction_hash = int(part.transaction_index), part.claimed.transaction_hash
    if block.transaction_hashes[index : index + 1] != (transaction_hash,):
        raise DoesNotHold("transaction", "it is not the one that the block has there")
    level = Level.INCLUDED
    if safe is not None and number <= safe.number:
        level = Level.SAFE
    if final is not None and number <= final.number:
        level = Level.FINAL
    told = {Level.SAFE: safe, Level.FINAL: final}.get(claimed)
    if told is not None and not level.reaches(claimed):
        raise DoesNotHold("level", f"the block is not {claimed} yet, as it is said to be")
    return Standing(level, head.number - number + 1)
