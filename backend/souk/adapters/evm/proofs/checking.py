"""Whether the receipt of an escrow holds, by nothing but what is in it.

The terms give the contract's order and its id; the contract's log of that id, with the amount and
the parties of these terms, lies in a receipt; the receipt hangs in the trie under the header's
receipts root; and the header makes the block's hash. That this block is one of the chain's only
the chain can tell: `canonical.py` asks a node.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.adapters.evm.proofs.headers import ProvedHeader, read_proved_header
from souk.adapters.evm.proofs.items import Malformed
from souk.adapters.evm.proofs.paper import Paper, ProofPart, Unreadable, read_paper
from souk.adapters.evm.proofs.receipts import ProvedLog, read_proved_receipt
from souk.adapters.evm.proofs.terms import StatedTerms
from souk.adapters.evm.proofs.tries import read
from souk.modules.chain.domain import DecodedEvent, RawLog


class DoesNotHold(Exception):
    """The first thing about a receipt that does not hold: `check` names it for programs, the text
    for people."""

    def __init__(self, check: str, reason: str) -> None:
        super().__init__(f"{check}: {reason}")
        self.check = check
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Checked:
    """A receipt that holds, as far as it can be said without the chain."""

    paper: Paper
    amount: int

    @property
    def chain_id(self) -> int:
        """The chain that it speaks of."""
        return int(self.paper.chain_id)


def check(data: bytes) -> Checked:
    """Check a receipt. Raises `DoesNotHold`."""
    with _checking("form"):
        paper = read_paper(data)
    with _checking("terms"):
        terms = StatedTerms(paper.terms)
    stated = (terms.order_id, str(terms.chain_id), terms.contract)
    if stated != (paper.order_id, paper.chain_id, paper.contract):
        raise DoesNotHold("terms", "they are of another order, chain or contract")
    with _checking("escrow_id"):
        escrow_id = terms.escrow_id()
    if escrow_id != paper.escrow_id:
        raise DoesNotHold("escrow_id", "it does not follow from the terms")
    facts = [_fact(paper, part) for part in paper.proofs]
    _require_payment(facts, terms)
    _require_order(paper)
    _require_amounts(facts, terms.order.amount)
    return Checked(paper, terms.order.amount)


@contextmanager
def _checking(name: str) -> Iterator[None]:
    try:
        yield
    except (Unreadable, Malformed) as error:
        raise DoesNotHold(name, str(error)) from error


def _fact(paper: Paper, part: ProofPart) -> DecodedEvent:
    """What the log that a part proves says."""
    with _checking("header"):
        header = read_proved_header(bytes.fromhex(part.header[2:]))
    block = part.block
    said = (block.hash, block.number, block.timestamp)
    if said != (header.hash, str(header.number), str(header.timestamp)):
        raise DoesNotHold("header", "it is not that of the block")
    log = _log(part, header)
    decoded = _decoded(part, log, header)
    if log.address != paper.contract:
        raise DoesNotHold("log", "another contract has written it")
    if decoded is None or str(decoded.kind) != part.fact:
        raise DoesNotHold("log", "it does not say this")
    if decoded.escrow_id != paper.escrow_id:
        raise DoesNotHold("log", "it is about another escrow")
    if decoded.args != part.args:
        raise DoesNotHold("log", "it says this otherwise")
    return decoded


def _log(part: ProofPart, header: ProvedHeader) -> ProvedLog:
    nodes = [bytes.fromhex(node[2:]) for node in part.nodes]
    with _checking("receipts_root"):
        receipt = read(header.receipts_root, int(part.transaction_index), nodes)
    with _checking("receipt"):
        logs = read_proved_receipt(receipt)
    position = int(part.log_position)
    if position >= len(logs):
        raise DoesNotHold("log", "the receipt has none at this position")
    return logs[position]


def _decoded(part: ProofPart, log: ProvedLog, header: ProvedHeader) -> DecodedEvent | None:
    return EscrowEventDecoder().decode(
        RawLog(
            address=log.address,
            topics=log.topics,
            data=log.data,
            block_number=header.number,
            block_hash=header.hash,
            transaction_hash=part.claimed.transaction_hash,
            transaction_index=int(part.transaction_index),
            log_index=int(part.log_position),
        )
    )


def _require_payment(facts: list[DecodedEvent], terms: StatedTerms) -> None:
    if [str(fact.kind) == "paid" for fact in facts] != [n == 0 for n in range(len(facts))]:
        raise DoesNotHold("payment", "there is not one, at the beginning")
    order = terms.order
    due = {
        "buyer": order.buyer,
        "seller": order.seller,
        "token": order.token,
        "amount": str(order.amount),
        "ref": order.ref,
    }
    wrong = [name for name, value in due.items() if facts[0].args[name] != value]
    if wrong:
        raise DoesNotHold("payment", f"its {wrong[0]} is not that of the terms")


def _require_order(paper: Paper) -> None:
    """Each log once, in the order of the chain, and one block at each height."""
    places = [
        (int(part.block.number), int(part.transaction_index), int(part.log_position))
        for part in paper.proofs
    ]
    if sorted(set(places)) != places:
        raise DoesNotHold("sequence", "the proofs are not in the order of the chain, each once")
    if len({part.block.hash for part in paper.proofs}) != len({place[0] for place in places}):
        raise DoesNotHold("sequence", "two blocks have the same number")


def _require_amounts(facts: list[DecodedEvent], amount: int) -> None:
    """Some settlements may be left out, but none gives out what was not there."""
    left = amount
    for fact in facts:
        if str(fact.kind) == "settled":
            given = int(fact.args["to_buyer"]) + int(fact.args["to_seller"])
            left -= given
            if int(fact.args["remaining"]) > left:
                raise DoesNotHold("amounts", "more was given out than was paid")
