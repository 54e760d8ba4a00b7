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
from souk.adapters.evm.deployment.reading import code_at
from souk.adapters.evm.deployment.sending import (
    Call,
    Outbox,
    Say,
    Sender,
    Sent,
    find_underway,
    present_fees,
    replacing,
    submit,
    wait_for,
)

_TRANSFER_GAS = 21_000
_FAILED = (
    f"the transaction that puts the CREATE2 factory at {FACTORY} failed on this chain, and it can"
    " be sent only once; ask those who run the chain to put it there"
)


def put_factory(eth: Eth, sender: Sender, bound: int, outbox: Outbox, say: Say) -> None:
    """Pay the well-known sender what its transaction costs, once, and send that. Raises
    `FactoryMissing` when the chain takes no transaction without a chain id."""
    known_sender = to_checksum_address(FACTORY_SENDER)
    if eth.get_transaction_count(known_sender) > 0:
        # It may have been mined since somebody looked.
        if code_at(eth, FACTORY):
            return
        raise FactoryMissing(_FAILED)
    paid = _pay(eth, sender, bound, outbox)
    if paid is not None:
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
        raise FactoryMissing(_FAILED)
    say(f"the CREATE2 factory stands at {FACTORY}")


def _pay(eth: Eth, sender: Sender, bound: int, outbox: Outbox) -> Sent | None:
    """Pay what is lacking, or see to it that the payment of an earlier run comes: there are never
    two. That of another account cannot be replaced, and is waited for."""
    fees, earlier = present_fees(eth, bound), find_underway(eth, outbox, FACTORY)
    # Read last: an earlier payment that is not under way any more is in it.
    amount = FACTORY_COST - eth.get_balance(to_checksum_address(FACTORY_SENDER))
    if amount <= 0:
        return None
    if earlier is not None and (earlier.pays(fees) or earlier.signer != sender.address):
        submit(eth, earlier)
        return earlier
    nonce = sender.nonce() if earlier is None else earlier.nonce
    if earlier is not None:
        fees = replacing(earlier, fees, bound)
    call = Call(to=FACTORY_SENDER, data=b"", gas=_TRANSFER_GAS, value=amount)
    sender.require_balance(call, fees)
    paid = sender.sign(call, fees, nonce, FACTORY)
    outbox.keep(paid)
    submit(eth, paid)
    return paid
