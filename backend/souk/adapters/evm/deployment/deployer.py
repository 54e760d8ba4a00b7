"""Putting the contracts on a chain, once.

Everything that can be looked at is looked at before the key is asked for: the chain's id, what was
described, what stands already. A second run finds our code at the address that it must have, and
sends nothing. The chain of one machine gets a dollar, a price feed and a small ENS as well; every
other has its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from web3.eth import Eth
from web3.exceptions import Web3Exception

from souk.adapters.evm import registry
from souk.adapters.evm.deployment import contracts
from souk.adapters.evm.deployment.artifacts import carried
from souk.adapters.evm.deployment.asking import connected
from souk.adapters.evm.deployment.contracts import Wanted
from souk.adapters.evm.deployment.create2 import FACTORY, FACTORY_SENDER, factory_data
from souk.adapters.evm.deployment.data_fee import data_fee
from souk.adapters.evm.deployment.ens import find_ens, open_ens
from souk.adapters.evm.deployment.errors import DeploymentFailed
from souk.adapters.evm.deployment.factory import put_factory
from souk.adapters.evm.deployment.locating import locate
from souk.adapters.evm.deployment.reading import (
    code_at,
    require_described,
    require_factory,
)
from souk.adapters.evm.deployment.sending import (
    Call,
    Fees,
    Outbox,
    Say,
    Sender,
    Sent,
    find_underway,
    present_fees,
    receipt_of,
    replacing,
    submit,
    wait_for,
)
from souk.adapters.evm.registry import ChainDescription, Deployment, Ens, NativeCoin, Token
from souk.core.addresses import ZERO_ADDRESS, Address

KeySource = Callable[[], LocalAccount]

# anvil's own fee, with room for a storm of transactions.
_LOCAL_FEE_BOUND = 10_000 * 10**9
# The fee for data may rise until a block takes the transaction, as the base fee may.
DATA_FEE_ROOM = 2


@dataclass(frozen=True, slots=True)
class Preview:
    """What a deployment would do now. Without `gas` there is nothing to send. `data_fee` is what
    an OP-stack chain takes besides."""

    escrow: Wanted
    fees: Fees
    gas: int | None
    balance: int | None
    data_fee: int = 0

    @property
    def cost(self) -> int:
        """In wei, at this moment."""
        return (self.gas or 0) * self.fees.now + self.data_fee

    @property
    def highest_cost(self) -> int:
        """In wei, with the room that a deployment asks the balance to have."""
        return (self.gas or 0) * self.fees.most + DATA_FEE_ROOM * self.data_fee


class Deployer:
    """Deploys with one key to one endpoint. The key is asked for when there is something to sign,
    and not before."""

    def __init__(
        self,
        rpc_url: str,
        key: str | KeySource,
        chain_id: int,
        say: Say = print,
        *,
        artifacts: Traversable | None = None,
    ) -> None:
        self._rpc_url = rpc_url
        self._key = key
        self._chain_id = chain_id
        self._say = say
        self._artifacts = artifacts or carried()

    def preview(
        self,
        description: ChainDescription,
        max_fee_per_gas: int,
        payer: Address | None,
        *,
        op_stack: bool = False,
    ) -> Preview:
        """Everything that `deploy_escrow` would look at first, and what it would cost."""
        with connected(self._rpc_url, self._chain_id) as eth:
            require_described(eth, description)
            escrow = contracts.escrow(self._artifacts, description.permit2)
            fees = present_fees(eth, max_fee_per_gas)
            balance = None
            if payer is not None:
                balance = eth.get_balance(to_checksum_address(payer))
            if escrow.stands(eth):
                return Preview(escrow, fees, None, balance)
            require_factory(eth)
            call = _call(eth, escrow, payer or FACTORY_SENDER)
            besides = data_fee(eth, call, fees, self._chain_id) if op_stack else 0
            return Preview(escrow, fees, call.gas, balance, besides)

    def deploy_escrow(
        self,
        description: ChainDescription,
        *,
        max_fee_per_gas: int,
        records: Path,
        may_put_factory: bool = False,
        op_stack: bool = False,
    ) -> Deployment:
        """The escrow alone; everything else that `description` names stands there already. Raises
        a `DeploymentError` before anything is signed if it does not. Writes the record."""
        outbox = Outbox(records / f"{self._chain_id}.pending.json")
        with connected(self._rpc_url, self._chain_id) as eth:
            require_described(eth, description)
            escrow = contracts.escrow(self._artifacts, description.permit2)
            if escrow.stands(eth):
                self._say(f"already deployed, code matches: {escrow.address}")
            else:
                if may_put_factory:
                    self._put_factory(eth, max_fee_per_gas, outbox)
                require_factory(eth)
                sent = self._send(eth, escrow, max_fee_per_gas, outbox, op_stack=op_stack)
                self._await(eth, escrow, sent, confirmations=description.confirmations)
            block, transaction = self._origin(eth, escrow, outbox, description.confirmations)
            deployment = Deployment(
                **description.model_dump(include=set(ChainDescription.model_fields)),
                block_number=block,
                escrow=escrow.record(code_at(eth, escrow.address), transaction),
            )
        registry.save(records, deployment)
        outbox.forget()
        return deployment

    def deploy_local(
        self, keeper: str, earlier: Deployment | None = None, *, names_of: str | None = None
    ) -> Deployment:
        """The escrow, a test dollar that anyone may mint, a price feed that `keeper` keeps up to
        date, and a small ENS with a few names of `names_of`, or else the keeper's: everything that
        a chain of one machine needs. `earlier` is returned when all of it still stands."""
        with connected(self._rpc_url, self._chain_id) as eth:
            escrow = contracts.escrow(self._artifacts, ZERO_ADDRESS)
            dollar = contracts.dollar(self._artifacts)
            feed = contracts.price_feed(self._artifacts, keeper)
            names = contracts.ens(self._artifacts, names_of or keeper)
            missing = [one for one in (escrow, dollar, feed, names) if not one.stands(eth)]
            sent = self._send_all(eth, missing) if missing else {}
            ens = find_ens(eth, names.address) or self._open_ens(eth, names)
            if earlier is not None and not missing and earlier.escrow.address == escrow.address:
                return earlier.model_copy(update={"ens": ens})
            receipt = receipt_of(eth, sent[escrow.address]) if escrow.address in sent else None
            return Deployment(
                chain_id=self._chain_id,
                name="local",
                # Of an escrow that stood before nobody knows since when.
                block_number=receipt["blockNumber"] if receipt else 0,
                confirmations=2,
                safe_depth=16,
                final_depth=32,
                disposable=True,
                escrow=escrow.record(code_at(eth, escrow.address), sent.get(escrow.address)),
                native=NativeCoin(symbol="ETH", price_feed=feed.address),
                tokens=(Token(symbol="tUSD", address=dollar.address, exponent=6, usd_pegged=True),),
                ens=ens,
            )

    def _open_ens(self, eth: Eth, names: Wanted) -> Ens:
        fees = present_fees(eth, _LOCAL_FEE_BOUND)
        return open_ens(eth, names.address, self._sender(eth), fees, self._say)

    def _send_all(self, eth: Eth, missing: Sequence[Wanted]) -> dict[Address, str]:
        """All at once, so that one block can take them."""
        self._put_factory(eth, _LOCAL_FEE_BOUND, Outbox(None))
        require_factory(eth)
        sender, fees = self._sender(eth), present_fees(eth, _LOCAL_FEE_BOUND)
        first, sent = sender.nonce(), {}
        for nonce, one in enumerate(missing, first):
            call = _call(eth, one, sender.address)
            sent[one.address] = sender.sign(call, fees, nonce, one.address)
        for signed in sent.values():
            submit(eth, signed)
        for one in missing:
            self._await(eth, one, sent[one.address], confirmations=1)
        return {address: signed.transaction for address, signed in sent.items()}

    def _send(
        self, eth: Eth, wanted: Wanted, bound: int, outbox: Outbox, *, op_stack: bool
    ) -> Sent:
        """Send it, or what was signed for it before, or that anew for a higher fee. What another
        account signed is left to itself: whichever comes first, the code comes to stand."""
        fees = present_fees(eth, bound)
        earlier = find_underway(eth, outbox, wanted.address)
        if earlier is not None and earlier.pays(fees):
            self._say(f"sent before: {earlier.transaction}")
            submit(eth, earlier)
            return earlier
        sender = self._sender(eth)
        nonce = sender.nonce()
        if earlier is not None and earlier.signer == sender.address:
            nonce, fees = earlier.nonce, replacing(earlier, fees, bound)
        call = _call(eth, wanted, sender.address)
        besides = data_fee(eth, call, fees, self._chain_id) if op_stack else 0
        sender.require_balance(call, fees, DATA_FEE_ROOM * besides)
        sent = sender.sign(call, fees, nonce, wanted.address)
        outbox.keep(sent)
        submit(eth, sent)
        self._say(f"sent {wanted.artifact.name} in {sent.transaction}")
        return sent

    def _await(self, eth: Eth, wanted: Wanted, sent: Sent, *, confirmations: int) -> None:
        receipt = wait_for(eth, sent.transaction, confirmations=confirmations, say=self._say)
        # A transaction that failed because somebody else was faster is no failure.
        if not wanted.stands(eth):
            raise DeploymentFailed(
                f"{wanted.artifact.name} did not come to stand; look at transaction"
                f" {sent.transaction} in block {receipt['blockNumber']}"
            )
        self._say(
            f"deployed {wanted.artifact.name} at {wanted.address}"
            f" in block {receipt['blockNumber']}, code matches"
        )

    def _origin(
        self, eth: Eth, wanted: Wanted, outbox: Outbox, confirmations: int
    ) -> tuple[int, str | None]:
        sent = outbox.find(wanted.address)
        if sent is not None and receipt_of(eth, sent.transaction) is not None:
            receipt = wait_for(eth, sent.transaction, confirmations=confirmations, say=self._say)
            if receipt["status"] == 1:
                return receipt["blockNumber"], sent.transaction
        return locate(eth, wanted.address, wanted.creation_code)

    def _put_factory(self, eth: Eth, bound: int, outbox: Outbox) -> None:
        if not code_at(eth, FACTORY):
            put_factory(eth, self._sender(eth), bound, outbox, self._say)

    def _sender(self, eth: Eth) -> Sender:
        account = Account.from_key(self._key) if isinstance(self._key, str) else self._key()
        return Sender(eth, account, self._chain_id)


def _call(eth: Eth, wanted: Wanted, payer: Address) -> Call:
    gas = _gas(eth, wanted, payer)
    return Call(to=FACTORY, data=factory_data(wanted.creation_code), gas=gas)


def _gas(eth: Eth, wanted: Wanted, payer: str) -> int:
    """A tenth more than the node estimates."""
    try:
        estimate = eth.estimate_gas(
            {
                "from": to_checksum_address(payer),
                "to": to_checksum_address(FACTORY),
                "data": HexBytes(factory_data(wanted.creation_code)),
            }
        )
    except Web3Exception as error:
        raise DeploymentFailed(
            f"{wanted.artifact.name} would not come to stand, so nothing was sent: {error}"
        ) from error
    return estimate * 11 // 10
