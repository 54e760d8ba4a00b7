"""Signatures of externally owned accounts: ECDSA over secp256k1, the text prefixed by EIP-191."""

import re

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_keys.constants import SECPK1_N
from eth_keys.exceptions import BadSignature

from souk.core.addresses import Address
from souk.modules.accounts.domain import Proof
from souk.modules.accounts.errors import MalformedSignature, SignatureMismatch

_FORM = re.compile(r"0x[0-9a-fA-F]{130}")


class EthAccountSignatureVerifier:
    """Recovers the signer. Contract wallets are not asked."""

    def verify(self, *, message: str, signature: str, address: Address, chain_id: int) -> Proof:
        """The key's proof if `address` signed `message`. Raises `MalformedSignature`,
        `SignatureMismatch`."""
        del chain_id  # an externally owned account is the same on every chain
        raw = _canonical(signature)
        try:
            signer = Account.recover_message(encode_defunct(text=message), signature=raw)
        except BadSignature as error:
            raise _malformed("names no point of the curve") from error
        if signer != address:
            raise SignatureMismatch(
                "the signature was made by another wallet, or the message was altered after signing"
            )
        return Proof.KEY


def _canonical(signature: str) -> bytes:
    """The 65 bytes r, s, v of a signature that has the one form which nobody else could derive
    from it: s in the lower half (EIP-2), v 27 or 28 (some hardware wallets say 0 or 1)."""
    if _FORM.fullmatch(signature) is None:
        raise _malformed("is 0x followed by 130 hexadecimal digits")
    raw = bytes.fromhex(signature[2:])
    r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:64])
    v = raw[64] + 27 if raw[64] < 2 else raw[64]
    if not 0 < r < SECPK1_N or not 0 < s <= SECPK1_N // 2 or v not in (27, 28):
        raise _malformed("must hold r and s in range, s in the lower half, and v 27 or 28")
    return raw[:64] + bytes([v])


def _malformed(rule: str) -> MalformedSignature:
    return MalformedSignature(
        f"a wallet's signature {rule}; sign the message with personal_sign",
        context={"pointer": "/signature"},
    )
