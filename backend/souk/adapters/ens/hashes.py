"""The hashes by which ENS knows names (EIP-137)."""

from eth_utils.crypto import keccak

from souk.core.addresses import Address

REVERSE = "addr.reverse"


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
