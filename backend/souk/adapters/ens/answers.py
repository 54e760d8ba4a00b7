"""What contracts of ENS answer with, as values. What is not as it should be is no answer."""

from souk.adapters.ens.calls import Said
from souk.core.addresses import ZERO_ADDRESS, Address, checksum_address


def address_in(said: Said) -> Address | None:
    """An account; `None` for none, which contracts write as 0."""
    found = said.read("address")
    address = checksum_address(str(found[0])) if found else ZERO_ADDRESS
    return None if address == ZERO_ADDRESS else address


def number_in(said: Said) -> int | None:
    """A number without a sign."""
    found = said.read("uint256")
    return None if found is None or not isinstance(found[0], int) else found[0]


def is_true(said: Said) -> bool:
    """Whether it was affirmed."""
    found = said.read("bool")
    return found is not None and found[0] is True


def text_in(said: Said) -> str | None:
    """A text without NUL characters."""
    found = said.read("string")
    return None if found is None else str(found[0]).replace("\x00", "")


def hexadecimal_in(said: Said) -> str | None:
    """Bytes as 0x-hex; `None` for none."""
    found = said.read("bytes")
    return "0x" + found[0].hex() if found and isinstance(found[0], bytes) and found[0] else None


def wrapped_in(said: Said) -> tuple[Address | None, int]:
    """Owner and expiry as the wrapper has them; nobody and 0 where it has none."""
    found = said.read("address", "uint32", "uint64")
    if found is None:
        return None, 0
    address, _fuses, until = found
    owner = checksum_address(str(address))
    return None if owner == ZERO_ADDRESS else owner, until if isinstance(until, int) else 0
