"""Asking many contracts in one call, by a contract that is never deployed.

The call carries `CallsReading` of `contracts/src/tools`, whose creation code asks everything and
returns the answers, as of a block that is pinned by its hash. Nothing here follows an off-chain
lookup (EIP-3668): a contract that wants one has reverted, and that is all.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.wire import UNREADABLE
from souk.core.addresses import Address, checksum_address
from souk.core.clock import Clock
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.domain import BlockHeader, block_instant
from souk.modules.chain.errors import CallReverted

LONGEST = 1_024
"""Bytes that are taken of each answer to one of several questions."""

LONGEST_VALUE = 128
"""The same where no text is asked for."""

LONGEST_ALONE = 16_384
"""Bytes that are taken of the answer to a question that is asked alone."""

LONGEST_QUESTION = 40_960
"""Bytes of calldata: code that is run may have 48 kilobytes all together (EIP-3860)."""

_OLDEST_HEAD = timedelta(minutes=10)

QUESTIONS_A_CALL = 40
"""As many as a node's usual limit of gas for a call leaves room for, should every contract burn
all that it is given."""

_ROOM = 24_576 - 256
"""Bytes for answers: they are returned as if they were code, which may not have more (EIP-170)."""

_AROUND = 128
"""Bytes around each answer."""

_GAS = 300_000
_GAS_ALONE = 5_000_000
_ARGUMENTS = ("(address,bytes)[]", "uint256", "uint256")
_ANSWER = ("uint256", "uint256", "(bool,bytes)[]")
_LOOKUP = keccak(b"OffchainLookup(address,string[],bytes,bytes4,bytes)")[:4]
_LOOKED_UP = ("address", "string[]", "bytes", "bytes4", "bytes")


@dataclass(frozen=True, slots=True)
class Question:
    """A call of a view, whose bytes are `data`."""

    target: Address
    data: bytes

    @classmethod
    def of(cls, target: Address, function: str, *arguments: object) -> "Question":
        """`function` is its signature, such as `owner(bytes32)`."""
        types = function[function.index("(") + 1 : -1]
        selector = keccak(function.encode())[:4]
        return cls(target, selector + encode(types.split(",") if types else [], arguments))


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a contract wants its caller to fetch (EIP-3668), and what it wants to be called with
    then: `callback` is the selector, `extra` goes along with the answer."""

    sender: Address
    urls: tuple[str, ...]
    data: bytes
    callback: bytes
    extra: bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What a contract returned, or reverted with. Nobody has looked at it yet."""

    given: bool
    data: bytes

    @property
    def wants_lookup(self) -> bool:
        """Whether its caller shall fetch something elsewhere."""
        return not self.given and self.data.startswith(_LOOKUP)

    @property
    def lookup(self) -> Lookup | None:
        """What its caller shall fetch; `None` when that is nothing, or is not said properly."""
        if not self.wants_lookup:
            return None
        try:
            sender, urls, data, callback, extra = decode(_LOOKED_UP, self.data[4:])
        except UNREADABLE:
            return None
        return Lookup(checksum_address(sender), tuple(urls), data, callback, extra)

    @property
    def inner(self) -> "Said":
        """What was said inside of it, where what a contract returns is another's answer
        (ENSIP-10)."""
        found = self.read("bytes")
        if found is None or not isinstance(found[0], bytes):
            return Said(False, self.data if not self.given else b"")
        return Said(True, found[0])

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
    """Asks contracts of one chain, by the clock on the wall."""

    def __init__(self, node: EvmNode, presence: ChainPresence, chain_id: int, wall: Clock) -> None:
        self._node, self._presence, self.chain_id = node, presence, chain_id
        self._wall = wall

    def newest(self) -> BlockHeader:
        """The newest block, which is of these minutes: what a node that has stopped says was true
        some time ago. Raises `ProviderUnavailable`."""
        with self._presence.asking(self.chain_id):
            (head,) = self._node.blocks(["latest"])
        if head is None:
            raise ProviderUnavailable(f"chain {self.chain_id} has no newest block")
        if self._wall.now() - block_instant(head.timestamp) > _OLDEST_HEAD:
            raise ProviderUnavailable(f"the node of chain {self.chain_id} stands still")
        return head

    def ask(
        self, head: BlockHeader, questions: Sequence[Question], *, longest: int = LONGEST
    ) -> list[Said]:
        """What each contract says as of one block, `longest` bytes of each answer. Raises
        `ProviderUnavailable`, also when the node does not have that block any more."""
        at_once = min(QUESTIONS_A_CALL, _ROOM // (longest + _AROUND))
        said: list[Said] = []
        for start in range(0, len(questions), at_once):
            said += self._ask(head, questions[start : start + at_once], _GAS, longest)
        return said

    def ask_alone(self, head: BlockHeader, question: Question) -> Said:
        """The same of one contract, whose answer may take more gas and be longer. A question that
        is too long to be asked has no answer."""
        if len(question.data) > LONGEST_QUESTION:
            return Said(False, b"")
        (said,) = self._ask(head, [question], _GAS_ALONE, LONGEST_ALONE)
        return said

    def _ask(
        self, head: BlockHeader, questions: Sequence[Question], gas: int, longest: int
    ) -> list[Said]:
        asked = [(question.target, question.data) for question in questions]
        code = _code() + encode(_ARGUMENTS, [asked, gas, longest])
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
