"""Account addresses of EVM chains, in their checksummed form (EIP-55)."""

import re
from functools import lru_cache
from typing import NewType

from eth_utils.crypto import keccak

from souk.core.errors import RejectedError

Address = NewType("Address", str)
"""`0x` and 40 hexadecimal digits whose case is the checksum of EIP-55."""

ZERO_ADDRESS = Address("0x" + "0" * 40)
_SHAPE = re.compile(r"0x[0-9a-fA-F]{40}")


class MalformedAddress(RejectedError):
    """The text is no address, or its checksum is wrong, which means that it was mistyped."""

    code = "malformed_address"


@lru_cache(maxsize=4096)
def checksum_address(raw: str) -> Address:
    """The EIP-55 form of `0x` and 40 hexadecimal digits of any case."""
    digits = raw[2:].lower()
    digest = keccak(digits.encode("ascii")).hex()
    cased = (d.upper() if int(h, 16) >= 8 else d for d, h in zip(digits, digest, strict=False))
    return Address("0x" + "".join(cased))


def parse_address(text: str) -> Address:
    """Read what a person or client sent. One case throughout carries no checksum and is taken;
    mixed case must be exactly EIP-55. Raises `MalformedAddress`; names are never resolved here.
    """
    if _SHAPE.fullmatch(text) is None:
        raise MalformedAddress("an address is 0x followed by 40 hexadecimal digits")
    right = checksum_address(text)
    digits = text[2:]
    if text != right and digits not in (digits.lower(), digits.upper()):
        raise MalformedAddress(
            "the checksum of this address is wrong; copy it again from the wallet"
        )
    return right
