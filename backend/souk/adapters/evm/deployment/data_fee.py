"""What an OP-stack chain takes besides gas: the fee for publishing a transaction on its L1.

It follows from the transaction's bytes, and no field of the transaction bounds it. The chain's
predeployed GasPriceOracle says what it is now (Optimism specs, "L1 Data Fee").
"""

from eth_abi.abi import encode
from eth_account import Account
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from web3.eth import Eth
from web3.exceptions import Web3Exception

from souk.adapters.evm.deployment.errors import ChainMisdescribed
from souk.adapters.evm.deployment.sending import Call, Fees, Sender
from souk.core.addresses import Address

ORACLE = Address("0x420000000000000000000000000000000000000F")
# `getL1Fee(bytes)`.
_GET_L1_FEE = bytes.fromhex("49948e0e")
# Nobody's: what is signed with it is measured, and never sent.
_MEASURING_KEY = "0x" + "01" * 32


def data_fee(eth: Eth, call: Call, fees: Fees, chain_id: int) -> int:
    """In wei, at this moment, and a little too much: the oracle adds a signature of its own.
    Raises `ChainMisdescribed` where no such oracle answers."""
    nobody = Sender(eth, Account.from_key(_MEASURING_KEY), chain_id)
    raw = HexBytes(nobody.sign(call, fees, 0, call.to).raw)
    asked = HexBytes(_GET_L1_FEE + encode(["bytes"], [bytes(raw)]))
    try:
        answer = eth.call({"to": to_checksum_address(ORACLE), "data": asked})
    except Web3Exception:
        answer = HexBytes(b"")
    if len(answer) != 32:
        raise ChainMisdescribed(
            f"op_stack: {ORACLE} does not say what the L1 data fee is; nothing was sent. Take"
            " op_stack out of the networks file unless this is an OP-stack chain"
        )
    return int.from_bytes(answer)
