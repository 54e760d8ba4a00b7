"""What stands on a chain."""

from eth_typing import HexStr
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.eth import Eth
from web3.exceptions import Web3Exception

from souk.adapters.evm.deployment.artifacts import Artifact
from souk.adapters.evm.deployment.create2 import FACTORY, FACTORY_CODE
from souk.adapters.evm.deployment.errors import (
    ChainMisdescribed,
    DeploymentFailed,
    FactoryMissing,
)
from souk.adapters.evm.registry import ChainDescription
from souk.core.addresses import ZERO_ADDRESS

FEED_DECIMALS = 8
# `decimals()`, of ERC-20 and of the price feeds.
_DECIMALS = HexStr("0x313ce567")


def code_at(eth: Eth, address: str) -> bytes:
    """The runtime code at an address; empty when there is none."""
    return bytes(eth.get_code(to_checksum_address(address)))


def code_hash(code: bytes) -> str:
    """The keccak-256 of code, as records write it."""
    return "0x" + keccak(code).hex()


def expected_code(eth: Eth, artifact: Artifact, creation_code: bytes, address: str) -> bytes:
    """The exact runtime code that this creation code returns on this chain at this address,
    immutables and all: the node runs it there without changing anything."""
    place = to_checksum_address(address)
    try:
        answer = eth.call(
            {"to": place}, "latest", {place: {"code": HexStr("0x" + creation_code.hex())}}
        )
    except Web3Exception as error:
        raise DeploymentFailed(
            f"the node does not say what {artifact.name} would be: {error}; use a node that takes"
            " state overrides in eth_call"
        ) from error
    code = bytes(answer)
    if not artifact.is_runtime(code):
        raise DeploymentFailed(
            f"what the node says {artifact.name} would be is not the compiled contract: use a node"
            " that takes state overrides in eth_call"
        )
    return code


def require_factory(eth: Eth) -> None:
    """Raise `FactoryMissing` unless the CREATE2 factory stands where it always does."""
    code = code_at(eth, FACTORY)
    if code and code != FACTORY_CODE:
        raise FactoryMissing(f"other code than the CREATE2 factory's stands at {FACTORY}")
    if not code:
        raise FactoryMissing(
            f"this chain has no CREATE2 factory at {FACTORY}, without which the escrow would not"
            " have the same address as elsewhere; run again with --put-factory to put it there"
        )


def require_described(eth: Eth, description: ChainDescription) -> None:
    """Raise `ChainMisdescribed` unless feed, tokens and Permit2 stand as described."""
    require_permit2(eth, description)
    require_decimals(eth, "the price feed", description.native.price_feed, FEED_DECIMALS)
    for token in description.tokens:
        require_decimals(eth, token.symbol, token.address, token.exponent)


def require_permit2(eth: Eth, description: ChainDescription) -> None:
    """Payers sign to whatever stands there, so it has to be Permit2 to the byte."""
    address = description.permit2
    if address == ZERO_ADDRESS:
        return
    code = code_at(eth, address)
    if not code:
        raise ChainMisdescribed(f"Permit2: there is no code at {address}; nothing was sent")
    if code_hash(code) != description.permit2_code_hash:
        raise ChainMisdescribed(
            f"Permit2: the hash of the code at {address} is {code_hash(code)}, not"
            f" {description.permit2_code_hash}; nothing was sent"
        )


def require_decimals(eth: Eth, name: str, address: str, expected: int) -> None:
    """A wrong exponent would misjudge every amount by a power of ten."""
    try:
        answer = eth.call({"to": to_checksum_address(address), "data": _DECIMALS})
    except Web3Exception as error:
        raise ChainMisdescribed(f"{name}: {address} does not answer decimals()") from error
    if len(answer) != 32 or int.from_bytes(answer) != expected:
        said = int.from_bytes(answer) if len(answer) == 32 else "nothing"
        raise ChainMisdescribed(
            f"{name}: decimals() of {address} says {said}, not {expected}; nothing was sent"
        )
