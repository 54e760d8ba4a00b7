"""The `TransactionSender` of the chain module: a local key, EIP-1559 transactions."""

from eth_account import Account
from eth_account.signers.local import LocalAccount

from souk.adapters.evm.node import EvmNode
from souk.core.addresses import Address, checksum_address
from souk.core.errors import ProviderRejected
from souk.modules.chain.domain import Call, Fees, GasPrice, bid
from souk.modules.chain.errors import CallTooExpensive, NetworkFeeTooHigh
from souk.modules.chain.ports import MinedTransaction, PreparedTransaction, SignedTransaction

MAX_GAS = 8_000_000
MIN_TIP = 10_000_000


class LocalTransactionSender:
    """Signs with a key that this process holds. The key pays gas and owns nothing else."""

    def __init__(self, node: EvmNode, *, chain_id: int, private_key: str) -> None:
        self._node = node
        self._chain_id = chain_id
        self._account: LocalAccount = Account.from_key(private_key)
        self._address = checksum_address(self._account.address)

    def __repr__(self) -> str:
        return f"LocalTransactionSender({self._address})"

    @property
    def address(self) -> Address:
        """The account that sends."""
        return self._address

    def prepare(self, call: Call, max_fee_per_gas: int) -> PreparedTransaction:
        """Simulate, then price: a fifth more gas than estimated, twice the base fee and the
        usual tip, or as much of that as is allowed."""
        self._node.call(call, sender=self._address)
        needed = self._node.estimate_gas(call, sender=self._address)
        if needed > MAX_GAS:
            raise CallTooExpensive(f"the call needs {needed} gas, at most {MAX_GAS} is allowed")
        gas = min(needed * 6 // 5, MAX_GAS)
        fees = self._fees(max_fee_per_gas)
        nonce, balance = self._node.account(self._address)
        if balance < gas * fees.max_fee + call.value:
            raise ProviderRejected(
                f"the account {self._address} holds {balance} wei,"
                f" the transaction may cost {gas * fees.max_fee + call.value}"
            )
        return PreparedTransaction(call, gas, fees.max_fee, fees.tip, nonce)

    def _fees(self, most: int) -> Fees:
        """A node's word alone does not set them: what the next block would not take for `most`
        waits."""
        price = self.price()
        if price.least > most:
            raise NetworkFeeTooHigh(
                f"chain {self._chain_id} takes {price.least} wei a unit of gas now,"
                f" at most {most} may be paid"
            )
        return bid(price, most)

    def price(self) -> GasPrice:
        """What the next block takes, and the usual tip."""
        base_fee, usual_tip = self._node.fees()
        return GasPrice(base_fee, max(usual_tip, MIN_TIP))

    def balance(self) -> int:
        """What the account holds, in wei."""
        _nonce, balance = self._node.account(self._address)
        return balance

    def sign(self, prepared: PreparedTransaction, nonce: int) -> SignedTransaction:
        """Sign; the signature is deterministic (RFC 6979)."""
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": self._chain_id,
                "nonce": nonce,
                "to": bytes.fromhex(prepared.call.to[2:]),
                "data": prepared.call.data,
                "value": prepared.call.value,
                "gas": prepared.gas_limit,
                "maxFeePerGas": prepared.max_fee_per_gas,
                "maxPriorityFeePerGas": prepared.max_priority_fee_per_gas,
            }
        )
        return SignedTransaction(bytes(signed.raw_transaction), "0x" + bytes(signed.hash).hex())

    def broadcast(self, signed: SignedTransaction) -> None:
        """Hand the bytes to the node."""
        self._node.send_raw(signed.raw, transaction_hash=signed.transaction_hash)

    def find_mined(self, transaction_hash: str) -> MinedTransaction | None:
        """Where the transaction stands on the node's canonical chain."""
        return self._node.find_mined(transaction_hash)

    def count_mined(self, account: Address, *, up_to_block: int) -> int:
        """How many transactions of an account stand in blocks up to this one."""
        return self._node.count_mined(account, up_to_block)
