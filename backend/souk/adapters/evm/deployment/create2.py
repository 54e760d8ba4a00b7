"""Addresses that depend on the code alone, by the factory that stands on nearly every chain.

The factory is the "deterministic deployment proxy": called with a salt and creation code, it puts
that code where CREATE2 says. Its own address is the same everywhere, because it was sent by a
transaction whose signature was made up, so that nobody has the sender's key and nobody can send
another one first.
"""

from eth_utils.crypto import keccak

from souk.core.addresses import Address, checksum_address

FACTORY = Address("0x4e59b44847b379578588920cA78FbF26c0B4956C")
FACTORY_CODE = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0"
    "3601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3"
)
# Who sends it, and what that costs: 100 000 gas at 100 gwei, all of which has to be there.
FACTORY_SENDER = Address("0x3fAB184622Dc19b6109349B94811493BF2a45362")
FACTORY_COST = 100_000 * 100 * 10**9
# Without a chain id (EIP-155), hence good for every chain that still takes such transactions.
FACTORY_TRANSACTION = (
    bytes.fromhex("f8a58085174876e800830186a08080b853604580600e600039806000f350fe")
    + FACTORY_CODE
    + bytes.fromhex("1ba0" + "22" * 32 + "a0" + "22" * 32)
)
# Part of every address of ours: another salt would put the same contracts elsewhere.
SALT = keccak(b"Souk Escrow, version 1")


def factory_data(creation_code: bytes) -> bytes:
    """What the factory is called with. `creation_code` ends with the constructor's arguments."""
    return SALT + creation_code


def address_of(creation_code: bytes) -> Address:
    """Where the factory puts that code (EIP-1014)."""
    parts = b"\xff" + bytes.fromhex(FACTORY[2:]) + SALT + keccak(creation_code)
    return checksum_address("0x" + keccak(parts)[12:].hex())
