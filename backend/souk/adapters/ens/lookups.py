"""Following a contract that answers only once its caller has fetched something (EIP-3668)."""

from collections.abc import Iterator
from contextlib import contextmanager

from eth_abi.abi import encode

from souk.adapters.ens.calls import CallsReader, Question, Said
from souk.adapters.ens.gateways import Gateways
from souk.adapters.http.patience import Patience, Turns
from souk.modules.chain.domain import BlockHeader

ROUNDS = 4
"""As many lookups are followed as the standard has a client follow at least."""

SECONDS = 6.0
"""All that gateways may take for one name."""

_NOTHING = Said(False, b"")


class OffChainLookups:
    """Asks a contract, its gateways, and the contract again, all as of one block."""

    def __init__(
        self, reader: CallsReader, gateways: Gateways, turns: Turns, *, seconds: float = SECONDS
    ) -> None:
        self._reader, self._gateways = reader, gateways
        self._turns, self._seconds = turns, seconds

    @contextmanager
    def turn(self) -> Iterator[Patience]:
        """Follow the lookups of one name inside of this, as long as there is patience. Raises
        `ProviderUnavailable` when too many do so already."""
        with self._turns.taken():
            yield Patience(self._seconds)

    def follow(self, head: BlockHeader, question: Question, patience: Patience) -> Said:
        """What the contract says in the end. It says nothing when a gateway has no answer, when
        there are too many lookups, or when the lookup is not its own: a contract that it asks
        itself could otherwise choose what it is told. Raises `ProviderUnavailable` when the chain
        cannot be asked."""
        said = self._reader.ask_alone(head, question)
        for _ in range(ROUNDS):
            lookup = said.lookup
            if lookup is None:
                return said
            if lookup.sender != question.target:
                return _NOTHING
            answer = self._gateways.answer(lookup, patience)
            if answer is None:
                return _NOTHING
            told = lookup.callback + encode(["bytes", "bytes"], [answer, lookup.extra])
            said = self._reader.ask_alone(head, Question(question.target, told))
        return said if said.given else _NOTHING
