"""Who holds a name and until when, and which contract answers for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from souk.adapters.ens.answers import address_in, number_in, wrapped_in
from souk.adapters.ens.calls import LONGEST_VALUE, CallsReader, Question, Said
from souk.adapters.ens.hashes import label_hash, node_of
from souk.core.addresses import Address
from souk.modules.chain.domain import BlockHeader
from souk.modules.names.domain import ETH, EnsName

_SECOND = 2
"""Labels of the names that the registrar gives away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnsPlace:
    """Where the parts of ENS stand that are asked by address."""

    registry: Address
    registrar: Address
    controller: Address
    wrapper: Address


@dataclass(frozen=True, slots=True)
class Resolver:
    """The contract that was named to answer for `name`, and who owns that name in the registry."""

    name: EnsName
    address: Address
    owner: Address | None


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a name and until when, as registry, registrar and wrapper say together. `resolver`
    is the name's own, or the nearest one above it (ENSIP-10)."""

    owner: Address | None
    wrapped: bool
    resolver: Resolver | None
    registered_until: int | None
    wrapped_until: int | None

    @property
    def until(self) -> int | None:
        """The first second at which it, or a name above it, has expired."""
        limits = [one for one in (self.registered_until, self.wrapped_until) if one is not None]
        return min(limits, default=None)

    @property
    def kept_above(self) -> EnsName | None:
        """The name above it whose resolver is asked, if somebody has that. Whoever answers for all
        of `eth` gives nobody a name that the registrar has not given away."""
        resolver = self.resolver
        if resolver is None or resolver.owner is None:
            return None
        lawless = self.registered_until is not None and (
            resolver.name == ETH or self.registered_until == 0
        )
        return None if lawless else resolver.name


@dataclass(frozen=True, slots=True)
class _Level:
    """A name, or one above it, as the registry has it."""

    name: EnsName
    owner: Address | None
    resolver: Address | None


class Registrations:
    """Asks registry, registrar and wrapper."""

    def __init__(self, reader: CallsReader, place: EnsPlace) -> None:
        self._reader, self._place = reader, place

    def holding(self, head: BlockHeader, name: EnsName) -> Holding:
        """All of it in one call."""
        names = _upwards(name)
        questions = [*self._registered(names), *(self._below_eth(names) if _is_below(name) else ())]
        said = self._reader.ask(head, questions, longest=LONGEST_VALUE)
        levels, below = _levels(names, said), said[2 * len(names) :]
        owner, until, kept = levels[0].owner, None, None
        wrapped = owner == self._place.wrapper
        if below:
            until = number_in(below[0]) or 0
            kept = self._kept_by_wrapper(levels, below[2:])
            owner = self._owner(levels, below)
        return Holding(owner, wrapped, _resolver(levels), until, kept)

    def resolver(self, head: BlockHeader, name: EnsName) -> Resolver | None:
        """Only which contract answers for a name."""
        names = _upwards(name)
        said = self._reader.ask(head, self._registered(names), longest=LONGEST_VALUE)
        return _resolver(_levels(names, said))

    def _registered(self, names: Sequence[EnsName]) -> list[Question]:
        registry, asked = self._place.registry, ("owner(bytes32)", "resolver(bytes32)")
        return [Question.of(registry, one, node_of(name)) for name in names for one in asked]

    def _below_eth(self, names: Sequence[EnsName]) -> list[Question]:
        """The registrar's word on the name right below `eth`; then what the wrapper has of this
        name and of each above it up to that one."""
        second = int.from_bytes(label_hash(names[-_SECOND].partition(".")[0]), "big")
        registrar, wrapper = self._place.registrar, self._place.wrapper
        return [
            Question.of(registrar, "nameExpires(uint256)", second),
            Question.of(registrar, "ownerOf(uint256)", second),
            *(
                Question.of(wrapper, "getData(uint256)", int.from_bytes(node_of(name), "big"))
                for name in names[:-1]
            ),
        ]

    def _owner(self, levels: Sequence[_Level], below: Sequence[Said]) -> Address | None:
        """Whoever the wrapper says when it owns the name; for a name right below `eth` whoever the
        registrar says, for in the registry its owner may have let somebody else manage it."""
        managed = levels[0].owner
        if managed == self._place.wrapper:
            return wrapped_in(below[2])[0]
        return address_in(below[1]) if len(levels) == _SECOND else managed

    def _kept_by_wrapper(self, levels: Sequence[_Level], data: Sequence[Said]) -> int | None:
        """The first second at which a wrapped one of these names expires. The name right below
        `eth` is left out, for which the registrar speaks."""
        limits = [
            until
            for level, said in zip(levels[:-_SECOND], data[:-1], strict=True)
            if level.owner == self._place.wrapper and (until := wrapped_in(said)[1])
        ]
        return min(limits, default=None)


def _upwards(name: EnsName) -> list[EnsName]:
    """This name and each above it."""
    labels = name.split(".")
    return [EnsName(".".join(labels[start:])) for start in range(len(labels))]


def _is_below(name: EnsName) -> bool:
    return name.endswith(f".{ETH}")


def _levels(names: Sequence[EnsName], said: Sequence[Said]) -> list[_Level]:
    pairs = zip(names, said[::2], said[1::2], strict=False)
    return [_Level(name, address_in(owner), address_in(at)) for name, owner, at in pairs]


def _resolver(levels: Sequence[_Level]) -> Resolver | None:
    for level in levels:
        if level.resolver is not None:
            return Resolver(level.name, level.resolver, level.owner)
    return None
