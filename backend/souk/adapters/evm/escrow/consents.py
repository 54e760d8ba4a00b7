"""Signatures as clients hand them in."""

import re

from souk.modules.payments.errors import MalformedConsent

ACCOUNT_SIGNATURE_BYTES = 65

# Contract wallets have signatures of many keys, but nobody has one of many kilobytes.
_FORM = re.compile(r"0x([0-9a-fA-F]{2}){1,4096}")


def read_signature(text: str) -> bytes:
    """The bytes of a signature; v of an account's is made 27 or 28, as some hardware wallets say
    0 or 1. Raises `MalformedConsent`."""
    if _FORM.fullmatch(text) is None:
        raise MalformedConsent("a signature is 0x and an even number of hexadecimal digits")
    raw = bytes.fromhex(text[2:])
    if len(raw) == ACCOUNT_SIGNATURE_BYTES and raw[-1] < 2:
        return raw[:-1] + bytes([raw[-1] + 27])
    return raw


def read_account_signature(text: str) -> bytes:
    """The same where only the 65 bytes r, s, v of an account will do."""
    raw = read_signature(text)
    if len(raw) != ACCOUNT_SIGNATURE_BYTES:
        raise MalformedConsent(
            "a permit is signed by an account, with 65 bytes; choose another way to pay"
        )
    return raw
