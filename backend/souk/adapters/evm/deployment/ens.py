"""The small ENS of a chain of one machine: one contract that is deployed, and opened by a call."""

from eth_abi.abi import decode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from hexbytes import HexBytes
from web3.eth import Eth
from web3.exceptions import Web3Exception

from souk.adapters.evm.deployment.errors import DeploymentFailed
from souk.adapters.evm.deployment.sending import Call, Fees, Say, Sender, submit, wait_for
from souk.adapters.evm.registry import Ens
from souk.core.addresses import ZERO_ADDRESS, Address, checksum_address

_OPEN = keccak(b"open()")[:4]


def find_ens(eth: Eth, opener: Address) -> Ens | None:
    """Where its parts stand; `None` before it is opened."""
    registry, registrar = _part(eth, opener, "registry"), _part(eth, opener, "registrar")
    if registry == ZERO_ADDRESS:
        return None
    return Ens(
        registry=registry,
        registrar=registrar,
        controller=registrar,
        wrapper=_part(eth, opener, "wrapper"),
    )


def open_ens(eth: Eth, opener: Address, sender: Sender, fees: Fees, say: Say) -> Ens:
    """Have it put its parts there. Raises `DeploymentFailed`."""
    place = to_checksum_address(opener)
    try:
        gas = eth.estimate_gas(
            {"from": to_checksum_address(sender.address), "to": place, "data": HexBytes(_OPEN)}
        )
    except Web3Exception as error:
        raise DeploymentFailed(f"the ENS of this chain cannot be opened: {error}") from error
    call = Call(to=opener, data=_OPEN, gas=gas * 11 // 10)
    sent = sender.sign(call, fees, sender.nonce(), opener)
    submit(eth, sent)
    wait_for(eth, sent.transaction, confirmations=1, say=say)
    opened = find_ens(eth, opener)
    if opened is None:
        raise DeploymentFailed(f"the ENS at {opener} did not open in {sent.transaction}")
    return opened


def _part(eth: Eth, opener: Address, name: str) -> Address:
    selector = keccak(f"{name}()".encode())[:4]
    answer = eth.call({"to": to_checksum_address(opener), "data": HexBytes(selector)})
    return checksum_address(decode(["address"], bytes(answer))[0])
