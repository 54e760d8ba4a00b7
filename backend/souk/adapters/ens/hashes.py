"""The hashes by which ENS knows names (EIP-137), and how names are sent whole (ENSIP-10)."""

from eth_utils.crypto import keccak

from souk.core.addresses import Address

REVERSE = "addr.reverse"
_LONGEST_LABEL = 255


def label_hash(label: str) -> bytes:
    """The hash of one label."""
    return keccak(label.encode())


def node_of(name: str) -> bytes:
    """The node of a name in normal form; 32 noughts for the empty one."""
    node = bytes(32)
    for label in reversed(name.split(".") if name else []):
        node = keccak(node + label_hash(label))
    return node


def reverse_node_of(address: Address) -> bytes:
    """The node at which an account says what it is called (EIP-181)."""
    return node_of(f"{address[2:].lower()}.{REVERSE}")


def dns_encoded(name: str) -> bytes | None:
    """A name as RFC 1035 writes it, though in UTF-8; `None` when a label is empty or too long."""
    labels = [label.encode() for label in name.split(".")]
    if not all(0 < len(label) <= _LONGEST_LABEL for label in labels):
        return None
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
