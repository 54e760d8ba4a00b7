"""Reading names from a chain, by the addresses of ENS's parts there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from souk.adapters.ens.calls import CallsReader, Question, Said
from souk.adapters.ens.hashes import label_hash, node_of, reverse_node_of
from souk.core.addresses import ZERO_ADDRESS, Address, checksum_address
from souk.core.money import Asset, Money
from souk.modules.chain.domain import BlockHeader, block_instant
from souk.modules.names.domain import (
    ETH,
    TEXT_KEYS,
    Availability,
    EnsName,
    Evidence,
    NameRecord,
)

_YEAR_SECONDS = 365 * 24 * 60 * 60
_LAST_SECOND = 2**37
"""Later than that is never, for names as for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsPlace:
    """Where the parts of ENS stand that are asked by address."""

    registry: Address
    registrar: Address
    controller: Address
    wrapper: Address


@dataclass(frozen=True, slots=True)
class _Holding:
    """Who holds a name and until when, as registry, registrar and wrapper say together."""

    owner: Address | None
    wrapped: bool
    resolver: Address | None
    registered_until: int | None
    wrapped_until: int | None

    @property
    def until(self) -> int | None:
        """The first second at which it, or a name above it, has expired."""
        limits = [one for one in (self.registered_until, self.wrapped_until) if one is not None]
        return min(limits, default=None)


class ChainNameService:
    """The `NameService` port over one chain."""

    def __init__(self, reader: CallsReader, place: EnsPlace) -> None:
        self._reader, self._place = reader, place

    def look(self, name: EnsName) -> NameRecord:
        """Everything as of the newest block, in two calls."""
        head = self._reader.newest()
        holding = self._holding(head, name)
        block = Evidence(
            self._reader.chain_id, head.number, head.hash, block_instant(head.timestamp)
        )
        until = holding.until
        answers = self._answers(head, name, holding.resolver)
        return NameRecord(
            name=name,
            block=block,
            address=_address(answers[0]) if answers else None,
            owner=holding.owner,
            wrapped=holding.wrapped,
            expires_at=_instant(until),
            graced=until is not None and until == holding.registered_until and until > 0,
            off_chain=any(said.wants_lookup for said in answers[:1]),
            contenthash=_hexadecimal(answers[1]) if answers else None,
            texts=_texts(answers[2:]),
        )

    def primary_name(self, address: Address) -> str | None:
        """By the account's own claim, which anybody may make of any name, and then by what that
        name stands for."""
        head, node = self._reader.newest(), reverse_node_of(address)
        (said,) = self._reader.ask(head, [self._ask_registry("resolver", node)])
        resolver = _address(said)
        if resolver is None:
            return None
        (said,) = self._reader.ask(head, [Question(resolver, "name(bytes32)", (node,))])
        claimed = _text(said)
        if not claimed:
            return None
        return claimed if self._forward(head, claimed) == address else None

    def availability(self, labels: Sequence[str]) -> list[Availability]:
        """Availability and price of all in one call."""
        if not labels:
            return []
        head, place = self._reader.newest(), self._place
        questions = []
        for label in labels:
            name = int.from_bytes(label_hash(label), "big")
            questions.append(Question(place.registrar, "available(uint256)", (name,)))
            price = (label, _YEAR_SECONDS)
            questions.append(Question(place.controller, "rentPrice(string,uint256)", price))
        said = self._reader.ask(head, questions)
        return [
            Availability(label, _is_true(free), self._price(price))
            for label, free, price in zip(labels, said[::2], said[1::2], strict=True)
        ]

    def _holding(self, head: BlockHeader, name: EnsName) -> _Holding:
        labels = name.split(".")
        node = node_of(name)
        questions = [self._ask_registry("owner", node), self._ask_registry("resolver", node)]
        if labels[-1] == ETH and len(labels) > 1:
            questions += self._registered(labels)
        owner, resolver, *below = self._reader.ask(head, questions)
        managed = _address(owner)
        wrapped = managed == self._place.wrapper
        until: int | None = None
        kept: int | None = None
        if below:
            until = _number(below[0]) or 0
            kept = self._kept_by_wrapper(below[2:])
            managed = self._owner(managed, below, is_second=len(labels) == 2)
        return _Holding(managed, wrapped, _address(resolver), until, kept)

    def _registered(self, labels: Sequence[str]) -> list[Question]:
        """The registrar's word on the name below `eth`; then for this name and each above it up
        to that one, who owns it in the registry and what the wrapper has of it."""
        second = int.from_bytes(label_hash(labels[-2]), "big")
        questions = [
            Question(self._place.registrar, "nameExpires(uint256)", (second,)),
            Question(self._place.registrar, "ownerOf(uint256)", (second,)),
        ]
        for start in range(len(labels) - 1):
            node = node_of(".".join(labels[start:]))
            questions.append(self._ask_registry("owner", node))
            wrapped = (int.from_bytes(node, "big"),)
            questions.append(Question(self._place.wrapper, "getData(uint256)", wrapped))
        return questions

    def _owner(
        self, managed: Address | None, below: Sequence[Said], *, is_second: bool
    ) -> Address | None:
        """Whoever the wrapper says when it owns the name; for a name right below `eth` whoever the
        registrar says, for in the registry its owner may have let somebody else manage it."""
        if managed == self._place.wrapper:
            return _wrapped(below[3])[0]
        return _address(below[1]) if is_second else managed

    def _kept_by_wrapper(self, pairs: Sequence[Said]) -> int | None:
        """The first second at which a wrapped one of these names expires. The name right below
        `eth` is left out, for which the registrar speaks."""
        limits = [
            until
            for owner, data in zip(pairs[:-2:2], pairs[1:-2:2], strict=True)
            if _address(owner) == self._place.wrapper and (until := _wrapped(data)[1])
        ]
        return min(limits, default=None)

    def _answers(self, head: BlockHeader, name: EnsName, resolver: Address | None) -> list[Said]:
        """Address, content hash and texts, as the resolver has them."""
        if resolver is None:
            return []
        node = node_of(name)
        questions = [
            Question(resolver, "addr(bytes32)", (node,)),
            Question(resolver, "contenthash(bytes32)", (node,)),
            *(Question(resolver, "text(bytes32,string)", (node, key)) for key in TEXT_KEYS),
        ]
        return self._reader.ask(head, questions)

    def _forward(self, head: BlockHeader, claimed: str) -> Address | None:
        node = node_of(claimed)
        (said,) = self._reader.ask(head, [self._ask_registry("resolver", node)])
        resolver = _address(said)
        if resolver is None:
            return None
        (said,) = self._reader.ask(head, [Question(resolver, "addr(bytes32)", (node,))])
        return _address(said)

    def _price(self, said: Said) -> Money | None:
        """What the controller takes is a base and, for a while after a name became free, more."""
        found = said.read("uint256", "uint256")
        if found is None:
            return None
        coin = Asset(f"eip155:{self._reader.chain_id}/slip44:60", 18, "ETH")
        return Money(sum(one for one in found if isinstance(one, int)), coin)

    def _ask_registry(self, what: str, node: bytes) -> Question:
        return Question(self._place.registry, f"{what}(bytes32)", (node,))


def _address(said: Said) -> Address | None:
    found = said.read("address")
    address = checksum_address(str(found[0])) if found else ZERO_ADDRESS
    return None if address == ZERO_ADDRESS else address


def _number(said: Said) -> int | None:
    found = said.read("uint256")
    return None if found is None or not isinstance(found[0], int) else found[0]


def _is_true(said: Said) -> bool:
    found = said.read("bool")
    return found is not None and found[0] is True


def _text(said: Said) -> str | None:
    found = said.read("string")
    return None if found is None else str(found[0]).replace("\x00", "")


def _texts(said: Sequence[Said]) -> dict[str, str]:
    texts = {key: _text(one) for key, one in zip(TEXT_KEYS, said, strict=False)}
    return {key: text for key, text in texts.items() if text}


def _hexadecimal(said: Said) -> str | None:
    found = said.read("bytes")
    return "0x" + found[0].hex() if found and isinstance(found[0], bytes) and found[0] else None


def _wrapped(said: Said) -> tuple[Address | None, int]:
    """Owner and expiry as the wrapper has them; nobody and 0 where it has none."""
    found = said.read("address", "uint32", "uint64")
    if found is None:
        return None, 0
    address, _fuses, until = found
    owner = checksum_address(str(address))
    return None if owner == ZERO_ADDRESS else owner, until if isinstance(until, int) else 0


def _instant(second: int | None) -> datetime | None:
    """`None` for never, and for a name that was never registered."""
    if not second or second > _LAST_SECOND:
        return None
    return datetime.fromtimestamp(second, UTC)
