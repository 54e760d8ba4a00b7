"""The logs bloom of a block header (Ethereum Yellow Paper, section 4.3.1, function M)."""

from collections.abc import Iterable
from functools import lru_cache

from eth_utils.crypto import keccak

from souk.modules.chain.domain.facts import RawLog

BLOOM_BYTES = 256
_BITS = BLOOM_BYTES * 8


# A contract and its topics stand in every log of it, hashed each time anew.
@lru_cache(maxsize=4096)
def _mask(item: bytes) -> int:
    digest = keccak(item)
    mask = 0
    for start in (0, 2, 4):
        mask |= 1 << (int.from_bytes(digest[start : start + 2], "big") % _BITS)
    return mask


def _items(log: RawLog) -> Iterable[bytes]:
    yield bytes.fromhex(log.address[2:])
    for topic in log.topics:
        yield bytes.fromhex(topic[2:])


class Bloom:
    """A set that may say yes to what it does not hold, never no to what it does."""

    def __init__(self, bits: int = 0) -> None:
        self._bits = bits

    @classmethod
    def of_header(cls, logs_bloom: bytes) -> "Bloom":
        """The bloom that a header carries."""
        return cls(int.from_bytes(logs_bloom, "big"))

    @classmethod
    def of_logs(cls, logs: Iterable[RawLog]) -> "Bloom":
        """The bloom that a block with exactly these logs must carry."""
        bits = 0
        for log in logs:
            for item in _items(log):
                bits |= _mask(item)
        return cls(bits)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bloom) and self._bits == other._bits

    def __hash__(self) -> int:
        return hash(self._bits)

    def may_hold(self, hexadecimal: str) -> bool:
        """Whether an address or topic (0x-hex) may be in the block."""
        mask = _mask(bytes.fromhex(hexadecimal[2:]))
        return self._bits & mask == mask

    def may_hold_any(self, address: str, topics: Iterable[str]) -> bool:
        """Whether a log of this address with one of these topics may be in the block."""
        return self.may_hold(address) and any(self.may_hold(topic) for topic in topics)

    @property
    def tells(self) -> bool:
        """Whether the yes of `may_hold_any` means something: in a crowded block most bits are
        set, and a yes for an absent log is then nothing unusual. The line is one false yes in
        fifty, for one address (3 bits) with one of seven topics (3 bits each)."""
        share = self._bits.bit_count() / _BITS
        return bool(7 * share**6 < 0.02)

    def to_bytes(self) -> bytes:
        """As a header carries it."""
        return self._bits.to_bytes(BLOOM_BYTES, "big")
