"""Putting the CREATE2 factory on a chain that lacks it."""

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.eth import Eth

from souk.adapters.evm.deployment.create2 import (
    FACTORY,
    FACTORY_COST,
    FACTORY_SENDER,
    FACTORY_TRANSACTION,
)
from souk.adapters.evm.deployment.errors import DeploymentFailed, FactoryMissing
from souk.adapters.evm.deployment.sending import (
    Call,
    Say,
    Sender,
    Sent,
    present_fees,
    submit,
    wait_for,
)

_TRANSFER_GAS = 21_000


def put_factory(eth: Eth, sender: Sender, bound: int, say: Say) -> None:
    """Pay the well-known sender what its transaction costs, and send that. Raises
    `FactoryMissing` when the chain takes no transaction without a chain id."""
    lacks = FACTORY_COST - eth.get_balance(to_checksum_address(FACTORY_SENDER))
    if lacks > 0:
        fees = present_fees(eth, bound)
        call = Call(to=FACTORY_SENDER, data=b"", gas=_TRANSFER_GAS, value=lacks)
        sender.require_balance(call, fees)
        paid = sender.sign(call, fees, sender.nonce(), FACTORY)
        submit(eth, paid)
        say(f"paid {FACTORY_SENDER} for the factory in {paid.transaction}")
        wait_for(eth, paid.transaction, confirmations=1, say=say)
    known = Sent(
        chain_id=sender.chain_id,
        contract=FACTORY,
        transaction="0x" + keccak(FACTORY_TRANSACTION).hex(),
        nonce=0,
        max_fee_per_gas=0,
        max_priority_fee_per_gas=0,
        raw="0x" + FACTORY_TRANSACTION.hex(),
    )
    try:
        submit(eth, known)
    except DeploymentFailed as error:
        raise FactoryMissing(
            f"this chain does not take the transaction that puts the CREATE2 factory at {FACTORY}"
            f" ({error.detail}); ask those who run the chain to put it there"
        ) from error
    receipt = wait_for(eth, known.transaction, confirmations=1, say=say)
    if receipt["status"] != 1:
        raise FactoryMissing(
            f"the transaction that puts the CREATE2 factory at {FACTORY} failed on this chain, and"
            " it can be sent only once; ask those who run the chain to put it there"
        )
    say(f"the CREATE2 factory stands at {FACTORY}")
