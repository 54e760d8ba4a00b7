"""Passkeys that really sign, as a browser has them do."""

import json
from base64 import urlsafe_b64encode
from hashlib import sha256

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS
from eth_abi.abi import encode

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
# Somebody was there, and was recognised.
_FLAGS = bytes([0b101])


class Passkey:
    """A key on the curve P-256; the same name always gives the same one."""

    def __init__(self, name: str) -> None:
        secret = int.from_bytes(sha256(name.encode()).digest()) % _ORDER
        self._key = ECC.construct(curve="P-256", d=secret)

    @property
    def point(self) -> tuple[bytes, bytes]:
        """The public key."""
        point = self._key.pointQ
        return int(point.x).to_bytes(32), int(point.y).to_bytes(32)

    def sign(self, digest: bytes, site: str = "https://souk.example") -> bytes:
        """What a browser answers to `navigator.credentials.get`, as a wallet packs it; its length
        depends on the site."""
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        client = json.dumps(
            {"type": "webauthn.get", "challenge": challenge, "origin": site}, separators=(",", ":")
        )
        device = sha256(site.encode()).digest() + _FLAGS + bytes(4)
        signed = device + sha256(client.encode()).digest()
        raw = DSS.new(self._key, "deterministic-rfc6979").sign(SHA256.new(signed))
        s = int.from_bytes(raw[32:])
        # The wallet takes the one of the two forms that nobody else could derive.
        low = min(s, _ORDER - s).to_bytes(32)
        places = client.index('"challenge"'), client.index('"type"')
        kinds = ("bytes32", "bytes32", "uint256", "uint256", "bytes", "string")
        return encode([f"({','.join(kinds)})"], [(raw[:32], low, *places, device, client)])[32:]
