"""What names need from outside."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from souk.core.addresses import Address
from souk.modules.names.domain import Availability, EnsName, NameRecord, Normalisation, Picture


class NameNormaliser(Protocol):
    """The normal form of ENSIP-15."""

    def normalise(self, text: str) -> Normalisation:
        """What the standard makes of any text."""
        ...


class NameService(Protocol):
    """Reads ENS. Called with no transaction open. Every method raises `ProviderUnavailable` when
    the chain cannot be asked, and `NamesNotServed` when there is none; nothing that a name's owner
    has written makes one fail."""

    def look(self, name: EnsName, *, off_chain: bool = False) -> NameRecord:
        """A name as it stands in the newest block. One that nobody ever registered is a record
        without owner or address. With `off_chain` a resolver that wants its address and its avatar
        looked up elsewhere (EIP-3668) is followed to where the operator allows."""
        ...

    def primary_name(self, address: Address) -> str | None:
        """What the account calls itself, if that name stands for this account; `None` otherwise.
        Whoever shows it has to see first that it is in normal form."""
        ...

    def availability(self, labels: Sequence[str]) -> list[Availability]:
        """Whether each name below `eth` may be had, and its price, all as of one block."""
        ...


class AvatarReader(Protocol):
    """Fetches what a name is shown with (ENSIP-12). Called with no transaction open."""

    def read(self, record: NameRecord) -> Picture:
        """The picture of a name that has an avatar among its texts. Raises `AvatarRefused` when
        there is none that may be shown, and `ProviderUnavailable` when it cannot be fetched at
        present."""
        ...


class PromptLooks(Protocol):
    """Looks names up for somebody who waits. Called with no transaction open."""

    def look_all(self, names: Sequence[EnsName]) -> Mapping[EnsName, NameRecord]:
        """Names as `NameService.look` finds them, but only those that it finds within a moment: the
        answer comes then, whatever the chain does."""
        ...
