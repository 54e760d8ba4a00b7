"""Asking many contracts in one call, by a contract that is never deployed.

The call carries `CallsReading` of `contracts/src/tools`, whose creation code asks everything and
returns the answers, as of a block that is pinned by its hash. Nothing follows an off-chain lookup
(EIP-3668): a contract that wants one has reverted, and that is all.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.wire import UNREADABLE
from souk.core.addresses import Address
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.domain import BlockHeader
from souk.modules.chain.errors import CallReverted

QUESTIONS_A_CALL = 40
"""As many as a node's usual limit of gas for a call leaves room for, should every contract burn
all that it is given."""

_ARGUMENTS = ("(address,bytes)[]",)
_ANSWER = ("uint256", "uint256", "(bool,bytes)[]")
_LOOKUP = keccak(b"OffchainLookup(address,string[],bytes,bytes4,bytes)")[:4]


@dataclass(frozen=True, slots=True)
class Question:
    """A call of a view: `function` is its signature, such as `owner(bytes32)`."""

    target: Address
    function: str
    arguments: tuple[object, ...] = ()

    @property
    def data(self) -> bytes:
        """The bytes of the call."""
        types = self.function[self.function.index("(") + 1 : -1]
        selector = keccak(self.function.encode())[:4]
        return selector + encode(types.split(",") if types else [], self.arguments)


@dataclass(frozen=True, slots=True)
class Said:
    """What a contract returned, or reverted with. Nobody has looked at it yet."""

    given: bool
    data: bytes

    @property
    def wants_lookup(self) -> bool:
        """Whether its caller shall fetch something elsewhere."""
        return not self.given and self.data.startswith(_LOOKUP)

    def read(self, *types: str) -> tuple[object, ...] | None:
        """The values; `None` when there is no answer of these types."""
        if not self.given:
            return None
        try:
            values: tuple[object, ...] = decode(types, self.data)
        except UNREADABLE:
            return None
        return values


class CallsReader:
    """Asks contracts of one chain."""

    def __init__(self, node: EvmNode, presence: ChainPresence, chain_id: int) -> None:
        self._node, self._presence, self.chain_id = node, presence, chain_id

    def newest(self) -> BlockHeader:
        """The newest block. Raises `ProviderUnavailable`."""
        with self._presence.asking(self.chain_id):
            (head,) = self._node.blocks(["latest"])
        if head is None:
            raise ProviderUnavailable(f"chain {self.chain_id} has no newest block")
        return head

    def ask(self, head: BlockHeader, questions: Sequence[Question]) -> list[Said]:
        """What each contract says as of one block. Raises `ProviderUnavailable`, also when the
        node does not have that block any more."""
        said: list[Said] = []
        for start in range(0, len(questions), QUESTIONS_A_CALL):
            said += self._ask(head, questions[start : start + QUESTIONS_A_CALL])
        return said

    def _ask(self, head: BlockHeader, questions: Sequence[Question]) -> list[Said]:
        asked = [(question.target, question.data) for question in questions]
        code = _code() + encode(_ARGUMENTS, [asked])
        try:
            with self._presence.asking(self.chain_id):
                answer = self._node.run_creation(code, block_hash=head.hash)
            chain, time, answers = decode(_ANSWER, answer)
        except (CallReverted, *UNREADABLE) as error:
            raise ProviderUnavailable("the node does not let contracts be asked") from error
        if (chain, time, len(answers)) != (self.chain_id, head.timestamp, len(asked)):
            raise ProviderUnavailable("the node asked contracts in another block than wanted")
        return [Said(given, data) for given, data in answers]


@cache
def _code() -> bytes:
    """The creation code of `CallsReading`."""
    artifact = resources.files("souk.adapters.evm").joinpath("artifacts/CallsReading.json")
    return bytes.fromhex(json.loads(artifact.read_text("utf-8"))["bytecode"].removeprefix("0x"))
