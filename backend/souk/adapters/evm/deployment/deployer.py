"""Putting the contracts on a chain, once.

Everything that can be looked at is looked at before the key is asked for: the chain's id, what was
described, what stands already. A second run finds our code at the address that it must have, and
sends nothing. The chain of one machine gets a dollar and a price feed as well; every other has its
own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import Web3Exception

from souk.adapters.evm import registry
from souk.adapters.evm.deployment import contracts
from souk.adapters.evm.deployment.artifacts import carried
from souk.adapters.evm.deployment.contracts import Wanted
from souk.adapters.evm.deployment.create2 import FACTORY, FACTORY_SENDER, factory_data
from souk.adapters.evm.deployment.errors import DeploymentFailed
from souk.adapters.evm.deployment.factory import put_factory
from souk.adapters.evm.deployment.locating import locate
from souk.adapters.evm.deployment.reading import (
    code_at,
    connected,
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
    present_fees,
    receipt_of,
    replaces,
    submit,
    wait_for,
)
from souk.adapters.evm.registry import ChainDescription, Deployment, NativeCoin, Token
from souk.core.addresses import ZERO_ADDRESS, Address

KeySource = Callable[[], LocalAccount]

# anvil's own fee, with room for a storm of transactions.
_LOCAL_FEE_BOUND = 10_000 * 10**9


@dataclass(frozen=True, slots=True)
class Preview:
    """What a deployment would do now. Without `gas` there is nothing to send."""

    escrow: Wanted
    fees: Fees
    gas: int | None
    balance: int | None

    @property
    def stands(self) -> bool:
        """Whether it was done before."""
        return self.gas is None


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
        self, description: ChainDescription, max_fee_per_gas: int, payer: Address | None
    ) -> Preview:
        """Everything that `deploy_escrow` would look at first, and what it would cost."""
        with connected(self._rpc_url, self._chain_id) as web3:
            require_described(web3, description)
            escrow = contracts.escrow(self._artifacts, description.permit2)
            fees = present_fees(web3, max_fee_per_gas)
            gas = None
            if not escrow.stands(web3):
                require_factory(web3)
                gas = _gas(web3, escrow, payer or FACTORY_SENDER)
            balance = None
            if payer is not None:
                balance = web3.eth.get_balance(Web3.to_checksum_address(payer))
            return Preview(escrow, fees, gas, balance)

    def deploy_escrow(
        self,
        description: ChainDescription,
        *,
        max_fee_per_gas: int,
        records: Path,
        may_put_factory: bool = False,
    ) -> Deployment:
        """The escrow alone; everything else that `description` names stands there already. Raises
        a `DeploymentError` before anything is signed if it does not. Writes the record."""
        outbox = Outbox(records / f"{self._chain_id}.pending.json")
        with connected(self._rpc_url, self._chain_id) as web3:
            require_described(web3, description)
            escrow = contracts.escrow(self._artifacts, description.permit2)
            if escrow.stands(web3):
                self._say(f"already deployed, code matches: {escrow.address}")
            else:
                self._require_factory(web3, max_fee_per_gas, may_put=may_put_factory)
                sent = self._send(web3, escrow, max_fee_per_gas, outbox)
                self._await(web3, escrow, sent, confirmations=description.confirmations)
            block, transaction = self._origin(web3, escrow, outbox, description.confirmations)
            deployment = Deployment(
                **description.model_dump(include=set(ChainDescription.model_fields)),
                block_number=block,
                escrow=escrow.record(code_at(web3, escrow.address), transaction),
            )
        registry.save(records, deployment)
        outbox.forget()
        return deployment

    def deploy_local(self, keeper: str, earlier: Deployment | None = None) -> Deployment:
        """The escrow, a test dollar that anyone may mint, and a price feed that `keeper` keeps
        up to date: everything that a chain of one machine needs. `earlier` is returned when all of
        it still stands."""
        with connected(self._rpc_url, self._chain_id) as web3:
            escrow = contracts.escrow(self._artifacts, ZERO_ADDRESS)
            dollar = contracts.dollar(self._artifacts)
            feed = contracts.price_feed(self._artifacts, keeper)
            missing = [one for one in (escrow, dollar, feed) if not one.stands(web3)]
            if earlier is not None and not missing and earlier.escrow.address == escrow.address:
                return earlier
            sent = self._send_all(web3, missing) if missing else {}
            receipt = receipt_of(web3, sent[escrow.address]) if escrow.address in sent else None
            return Deployment(
                chain_id=self._chain_id,
                name="local",
                # Of an escrow that stood before nobody knows since when.
                block_number=receipt["blockNumber"] if receipt else 0,
                confirmations=2,
                safe_depth=16,
                final_depth=32,
                disposable=True,
                escrow=escrow.record(code_at(web3, escrow.address), sent.get(escrow.address)),
                native=NativeCoin(symbol="ETH", price_feed=feed.address),
                tokens=(Token(symbol="tUSD", address=dollar.address, exponent=6, usd_pegged=True),),
            )

    def _send_all(self, web3: Web3, missing: Sequence[Wanted]) -> dict[Address, str]:
        """All at once, so that one block can take them."""
        self._require_factory(web3, _LOCAL_FEE_BOUND, may_put=True)
        sender, fees = self._sender(web3), present_fees(web3, _LOCAL_FEE_BOUND)
        first, sent = sender.nonce(), {}
        for nonce, one in enumerate(missing, first):
            call = _call(web3, one, sender.address)
            sent[one.address] = sender.sign(call, fees, nonce, one.address)
        for signed in sent.values():
            submit(web3, signed)
        for one in missing:
            self._await(web3, one, sent[one.address], confirmations=1)
        return {address: signed.transaction for address, signed in sent.items()}

    def _send(self, web3: Web3, wanted: Wanted, bound: int, outbox: Outbox) -> Sent:
        """Send it, or what was signed for it before, or that anew for a higher fee."""
        earlier, fees = outbox.find(wanted.address), present_fees(web3, bound)
        if earlier is not None and not self._may_still_come(web3, earlier):
            earlier = None
        if earlier is not None:
            higher = replaces(earlier, fees, bound)
            if higher is None:
                self._say(f"sent before: {earlier.transaction}")
                submit(web3, earlier)
                return earlier
            fees = higher
        sender = self._sender(web3)
        call = _call(web3, wanted, sender.address)
        sender.require_balance(call, fees)
        nonce = sender.nonce() if earlier is None else earlier.nonce
        sent = sender.sign(call, fees, nonce, wanted.address)
        outbox.keep(sent)
        submit(web3, sent)
        self._say(f"sent {wanted.artifact.name} in {sent.transaction}")
        return sent

    @staticmethod
    def _may_still_come(web3: Web3, earlier: Sent) -> bool:
        """Not so when another transaction of the same account used its nonce."""
        if receipt_of(web3, earlier.transaction) is not None:
            return False
        account = Account.recover_transaction(HexBytes(earlier.raw))
        return web3.eth.get_transaction_count(account, "latest") <= earlier.nonce

    def _await(self, web3: Web3, wanted: Wanted, sent: Sent, *, confirmations: int) -> None:
        receipt = wait_for(web3, sent.transaction, confirmations=confirmations, say=self._say)
        # A transaction that failed because somebody else was faster is no failure.
        if not wanted.stands(web3):
            raise DeploymentFailed(
                f"{wanted.artifact.name} did not come to stand; look at transaction"
                f" {sent.transaction} in block {receipt['blockNumber']}"
            )
        self._say(
            f"deployed {wanted.artifact.name} at {wanted.address}"
            f" in block {receipt['blockNumber']}, code matches"
        )

    def _origin(
        self, web3: Web3, wanted: Wanted, outbox: Outbox, confirmations: int
    ) -> tuple[int, str | None]:
        sent = outbox.find(wanted.address)
        if sent is not None and receipt_of(web3, sent.transaction) is not None:
            receipt = wait_for(web3, sent.transaction, confirmations=confirmations, say=self._say)
            if receipt["status"] == 1:
                return receipt["blockNumber"], sent.transaction
        return locate(web3, wanted.address, wanted.creation_code)

    def _require_factory(self, web3: Web3, bound: int, *, may_put: bool) -> None:
        if may_put and not code_at(web3, FACTORY):
            put_factory(web3, self._sender(web3), bound, self._say)
        require_factory(web3)

    def _sender(self, web3: Web3) -> Sender:
        if isinstance(self._key, str):
            return Sender(web3, Account.from_key(self._key), self._say)
        return Sender(web3, self._key(), self._say)


def _call(web3: Web3, wanted: Wanted, payer: Address) -> Call:
    gas = _gas(web3, wanted, payer)
    return Call(to=FACTORY, data=factory_data(wanted.creation_code), gas=gas)


def _gas(web3: Web3, wanted: Wanted, payer: str) -> int:
    """A tenth more than the node estimates."""
    data = "0x" + factory_data(wanted.creation_code).hex()
    try:
        estimate = web3.eth.estimate_gas(
            {
                "from": Web3.to_checksum_address(payer),
                "to": Web3.to_checksum_address(FACTORY),
                "data": HexBytes(data),
            }
        )
    except Web3Exception as error:
        raise DeploymentFailed(
            f"{wanted.artifact.name} would not come to stand, so nothing was sent: {error}"
        ) from error
    return estimate * 11 // 10
