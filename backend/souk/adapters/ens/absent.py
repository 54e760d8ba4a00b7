"""The name service of an installation that knows no chain with ENS."""

from collections.abc import Sequence
from typing import NoReturn

from souk.core.addresses import Address
from souk.modules.names.domain import EnsName, NameRecord
from souk.modules.names.errors import NamesNotServed


class AbsentNameService:
    """The `NameService` port where there is nobody to ask: every method raises `NamesNotServed`."""

    def look(self, name: EnsName, *, off_chain: bool = False) -> NoReturn:
        """Nothing can be looked up."""
        del off_chain
        raise _refusal(name)

    def primary_name(self, address: Address) -> NoReturn:
        """Nothing can be looked up."""
        raise _refusal(address)

    def availability(self, labels: Sequence[str]) -> NoReturn:
        """Nothing can be looked up."""
        raise _refusal(", ".join(labels))


class AbsentAvatarReader:
    """The `AvatarReader` port of the same installation."""

    def read(self, record: NameRecord) -> NoReturn:
        """Nothing can be looked up."""
        raise _refusal(record.name)


def _refusal(what: str) -> NamesNotServed:
    return NamesNotServed(f"this installation knows no chain with ENS to look up {what}")
