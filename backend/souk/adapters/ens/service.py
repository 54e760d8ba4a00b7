"""Reading names from a chain, by the addresses of ENS's parts there."""

from collections.abc import Sequence
from datetime import UTC, datetime

from souk.adapters.ens.answers import address_in, is_true, text_in
from souk.adapters.ens.calls import LONGEST_VALUE, CallsReader, Question, Said
from souk.adapters.ens.hashes import label_hash, reverse_node_of
from souk.adapters.ens.holding import EnsPlace, Registrations
from souk.adapters.ens.lookups import OffChainLookups
from souk.adapters.ens.records import NOTHING_SAID, RecordsReader
from souk.core.addresses import Address
from souk.core.money import Asset, Money
from souk.modules.chain.domain import BlockHeader, block_instant
from souk.modules.names.domain import (
    MAX_LABELS,
    Availability,
    EnsName,
    Evidence,
    NameRecord,
)

_YEAR_SECONDS = 365 * 24 * 60 * 60
_LAST_SECOND = 2**37
"""Later than that is never, for names as for everybody."""


class ChainNameService:
    """The `NameService` port over one chain."""

    def __init__(
        self, reader: CallsReader, place: EnsPlace, lookups: OffChainLookups | None = None
    ) -> None:
        """Without `lookups` nothing is ever followed off chain."""
        self._reader, self._place = reader, place
        self._registrations = Registrations(reader, place)
        self._records = RecordsReader(reader, lookups)

    def look(self, name: EnsName, *, off_chain: bool = False) -> NameRecord:
        """Everything as of the newest block, in two calls where nothing lies elsewhere."""
        head = self._reader.newest()
        holding = self._registrations.holding(head, name)
        resolver, until = holding.resolver, holding.until
        said = NOTHING_SAID
        if resolver is not None:
            said = self._records.read(head, name, resolver, off_chain=off_chain)
        above = holding.kept_above
        return NameRecord(
            name=name,
            block=Evidence(
                self._reader.chain_id, head.number, head.hash, block_instant(head.timestamp)
            ),
            address=said.address,
            owner=holding.owner,
            wrapped=holding.wrapped,
            answered_by=above if said.answered and above != name else None,
            expires_at=_instant(until),
            graced=until is not None and until == holding.registered_until and until > 0,
            off_chain=said.off_chain,
            contenthash=said.contenthash,
            texts=said.texts,
        )

    def primary_name(self, address: Address) -> str | None:
        """By the account's own claim, which anybody may make of any name, and then by what that
        name stands for while it is held."""
        head, node = self._reader.newest(), reverse_node_of(address)
        registry = self._place.registry
        (said,) = self._reader.ask(head, [Question.of(registry, "resolver(bytes32)", node)])
        resolver = address_in(said)
        if resolver is None:
            return None
        (said,) = self._reader.ask(head, [Question.of(resolver, "name(bytes32)", node)])
        claimed = text_in(said)
        if not claimed or claimed.count(".") >= MAX_LABELS:
            return None
        return claimed if self._forward(head, EnsName(claimed)) == address else None

    def availability(self, labels: Sequence[str]) -> list[Availability]:
        """Availability and price of all in one call."""
        if not labels:
            return []
        head, place = self._reader.newest(), self._place
        questions = []
        for label in labels:
            name = int.from_bytes(label_hash(label), "big")
            questions.append(Question.of(place.registrar, "available(uint256)", name))
            price = "rentPrice(string,uint256)"
            questions.append(Question.of(place.controller, price, label, _YEAR_SECONDS))
        said = self._reader.ask(head, questions, longest=LONGEST_VALUE)
        return [
            Availability(label, is_true(free), self._price(price))
            for label, free, price in zip(labels, said[::2], said[1::2], strict=True)
        ]

    def _forward(self, head: BlockHeader, claimed: EnsName) -> Address | None:
        holding = self._registrations.holding(head, claimed)
        if holding.resolver is None or (holding.until or _LAST_SECOND) <= head.timestamp:
            return None
        return self._records.address(head, claimed, holding.resolver)

    def _price(self, said: Said) -> Money | None:
        """What the controller takes is a base and, for a while after a name became free, more."""
        found = said.read("uint256", "uint256")
        if found is None:
            return None
        coin = Asset(f"eip155:{self._reader.chain_id}/slip44:60", 18, "ETH")
        return Money(sum(one for one in found if isinstance(one, int)), coin)


def _instant(second: int | None) -> datetime | None:
    """`None` for never, and for a name that was never registered."""
    if not second or second > _LAST_SECOND:
        return None
    return datetime.fromtimestamp(second, UTC)
