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
        given_away = self._given_away(names) if _is_below(name) else []
        questions = [*self._registered(names), *given_away, *self._wrapped(names)]
        said = self._reader.ask(head, questions, longest=LONGEST_VALUE)
        levels, beyond = _levels(names, said), said[2 * len(names) :]
        registrar, wrapper = beyond[: len(given_away)], beyond[len(given_away) :]
        owner, until = levels[0].owner, None
        wrapped = owner == self._place.wrapper
        if wrapped and wrapper:
            owner = wrapped_in(wrapper[0])[0]
        if registrar:
            until = number_in(registrar[0]) or 0
            owner = self._owner(levels, owner, registrar, until)
        return Holding(owner, wrapped, _resolver(levels), until, self._kept(levels, wrapper))

    def _registered(self, names: Sequence[EnsName]) -> list[Question]:
        registry, asked = self._place.registry, ("owner(bytes32)", "resolver(bytes32)")
        return [Question.of(registry, one, node_of(name)) for name in names for one in asked]

    def _given_away(self, names: Sequence[EnsName]) -> list[Question]:
        """The registrar's word on the name right below `eth`."""
        second = int.from_bytes(label_hash(names[-_SECOND].partition(".")[0]), "big")
        registrar = self._place.registrar
        return [
            Question.of(registrar, "nameExpires(uint256)", second),
            Question.of(registrar, "ownerOf(uint256)", second),
        ]

    def _wrapped(self, names: Sequence[EnsName]) -> list[Question]:
        """What the wrapper has of this name and of each above it."""
        wrapper = self._place.wrapper
        return [
            Question.of(wrapper, "getData(uint256)", int.from_bytes(node_of(name), "big"))
            for name in names[:-1]
        ]

    def _owner(
        self,
        levels: Sequence[_Level],
        managed: Address | None,
        registrar: Sequence[Said],
        until: int,
    ) -> Address | None:
        """Nobody holds what lies below a name that the registrar has not given away, whatever the
        registry still has of it: whoever registers that may take it. Of a name right below `eth`
        the registrar says whose it is, unless that is the wrapper: in the registry its owner may
        have let somebody else manage it."""
        if not until:
            return None
        if len(levels) == _SECOND and levels[0].owner != self._place.wrapper:
            return address_in(registrar[1])
        return managed

    def _kept(self, levels: Sequence[_Level], data: Sequence[Said]) -> int | None:
        """The first second at which a wrapped one of these names expires. Of the name right below
        `eth` the registrar speaks."""
        limits = [
            until
            for level, said in zip(levels, data, strict=False)
            if level.owner == self._place.wrapper
            and not (level.name.count(".") == 1 and _is_below(level.name))
            and (until := wrapped_in(said)[1])
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
