"""Sending a transaction once, whatever happens in between.

Before a transaction is sent, it is written down, signed as it is. Whoever runs again after a kill
finds it, sends the same bytes, and waits for them; another is signed in its place only where the
chain's fee has outgrown it, and with the same nonce, so that one of the two comes to nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import HexStr
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from pydantic import BaseModel, ConfigDict
from web3.eth import Eth
from web3.exceptions import TransactionNotFound, Web3Exception
from web3.types import TxReceipt

from souk.adapters.evm.deployment.errors import BalanceTooLow, DeploymentFailed, FeeTooHigh
from souk.adapters.evm.registry import write_whole
from souk.core.addresses import Address
from souk.core.errors import ProviderUnavailable

Say = Callable[[str], None]

# Without a new block for as long, waiting has no use.
PATIENCE_SECONDS = 300.0
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0
# What nodes ask for a transaction that takes another's place, and a little more.
_REPLACEMENT_PERCENT = 115


@dataclass(frozen=True, slots=True)
class Fees:
    """Wei for each unit of gas: what the chain burns now, the tip, and the most that is paid."""

    base: int
    tip: int
    most: int

    @property
    def now(self) -> int:
        """What a block of this moment would take."""
        return self.base + self.tip


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be sent, with the gas it may use."""

    to: Address
    data: bytes
    gas: int
    value: int = 0


class Sent(BaseModel):
    """A transaction that was signed and is on its way. `raw` is public as soon as it is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chain_id: int
    contract: Address
    transaction: str
    nonce: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    raw: str

    @property
    def signer(self) -> Address:
        """Whose signature and nonce it has."""
        return Address(Account.recover_transaction(HexBytes(self.raw)))

    def pays(self, fees: Fees) -> bool:
        """Whether a block of this moment would take it."""
        return self.max_fee_per_gas >= fees.now


class Outbox:
    """The file that remembers what was sent for a chain until its record is written."""

    def __init__(self, path: Path | None) -> None:
        """Without a path it remembers nothing: on the chain of one machine all is free."""
        self._path = path

    def find(self, contract: Address) -> Sent | None:
        """What was sent to put this contract there, if anything was."""
        if self._path is None or not self._path.is_file():
            return None
        sent = Sent.model_validate_json(self._path.read_text("utf-8"))
        return sent if sent.contract == contract else None

    def keep(self, sent: Sent) -> None:
        """Remember it; on the disk before this returns."""
        if self._path is not None:
            write_whole(self._path, sent.model_dump_json(indent=2) + "\n")

    def forget(self) -> None:
        """The record tells it all now."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)


def present_fees(eth: Eth, bound: int) -> Fees:
    """The chain's fees of this moment; room for the base fee to double, never above `bound`."""
    base = eth.get_block("latest").get("baseFeePerGas")
    if base is None:
        raise FeeTooHigh("this chain has no base fee (EIP-1559), so its fee cannot be bounded")
    tip = int(eth.max_priority_fee)
    if base + tip > bound:
        raise FeeTooHigh(
            f"the chain takes {base + tip} wei per gas now, and max_fee_per_gas is {bound}: wait,"
            " or raise it in the networks file"
        )
    return Fees(base=int(base), tip=tip, most=min(2 * int(base) + tip, bound))


class Sender:
    """One account on one chain, whose id was compared with the node's when it was connected to."""

    def __init__(self, eth: Eth, account: LocalAccount, chain_id: int) -> None:
        self._eth, self._account, self.chain_id = eth, account, chain_id

    @property
    def address(self) -> Address:
        """Whose nonce and coin are used."""
        return Address(self._account.address)

    def require_balance(self, call: Call, fees: Fees, besides: int = 0) -> None:
        """Raise `BalanceTooLow` unless even the highest fee can be paid, and so many wei more."""
        balance = self._eth.get_balance(self._account.address)
        needed = call.gas * fees.most + call.value + besides
        if balance < needed:
            raise BalanceTooLow(
                f"{self.address} holds {balance} wei and may need {needed}; send it the difference"
                " and run again; nothing was sent"
            )

    def nonce(self) -> int:
        """The next one that is free, counting what waits in the node's pool."""
        return int(self._eth.get_transaction_count(self._account.address, "pending"))

    def sign(self, call: Call, fees: Fees, nonce: int, contract: Address) -> Sent:
        """Sign for this chain alone; nothing is sent yet."""
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": self.chain_id,
                "nonce": nonce,
                "to": HexStr(call.to),
                "value": call.value,
                "data": call.data,
                "gas": call.gas,
                "maxFeePerGas": fees.most,
                "maxPriorityFeePerGas": fees.tip,
            }
        )
        return Sent(
            chain_id=self.chain_id,
            contract=contract,
            transaction="0x" + bytes(signed.hash).hex(),
            nonce=nonce,
            max_fee_per_gas=fees.most,
            max_priority_fee_per_gas=fees.tip,
            raw="0x" + bytes(signed.raw_transaction).hex(),
        )


def submit(eth: Eth, sent: Sent) -> None:
    """Hand it to the node. Raises `DeploymentFailed` when the node refuses it."""
    try:
        eth.send_raw_transaction(HexBytes(sent.raw))
    except Web3Exception as error:
        if receipt_of(eth, sent.transaction) is None and not _is_known(eth, sent.transaction):
            raise DeploymentFailed(f"the node refused the transaction: {error}") from error


def find_underway(eth: Eth, outbox: Outbox, contract: Address) -> Sent | None:
    """What was sent for this contract and may still come into a block. Not so when it did, or
    when another transaction of the same account used its nonce."""
    sent = outbox.find(contract)
    if sent is None or receipt_of(eth, sent.transaction) is not None:
        return None
    used = eth.get_transaction_count(to_checksum_address(sent.signer), "latest")
    return sent if used <= sent.nonce else None


def replacing(earlier: Sent, fees: Fees, bound: int) -> Fees:
    """The fees of a transaction that takes the place of `earlier`."""
    most = max(fees.most, _raised(earlier.max_fee_per_gas))
    if most > bound:
        raise FeeTooHigh(
            f"transaction {earlier.transaction} is stuck, and one in its place has to offer"
            f" {most} wei per gas, above max_fee_per_gas: raise it in the networks file"
        )
    tip = max(fees.tip, _raised(earlier.max_priority_fee_per_gas))
    return Fees(base=fees.base, tip=min(tip, most), most=most)


def _raised(fee: int) -> int:
    return -(-fee * _REPLACEMENT_PERCENT // 100)


def receipt_of(eth: Eth, transaction: str) -> TxReceipt | None:
    """The transaction's receipt, once it stands in a block."""
    try:
        return eth.get_transaction_receipt(HexBytes(transaction))
    except TransactionNotFound:
        return None


def _is_known(eth: Eth, transaction: str) -> bool:
    try:
        eth.get_transaction(HexBytes(transaction))
    except TransactionNotFound:
        return False
    return True


def wait_for(
    eth: Eth,
    transaction: str,
    *,
    confirmations: int,
    say: Say,
    patience: float = PATIENCE_SECONDS,
) -> TxReceipt:
    """The receipt, when the transaction stands so many blocks deep. It may change its block on the
    way, and the node may be away for a while."""
    said, pause, until = "", _FIRST_PAUSE_SECONDS, time.monotonic() + patience
    while time.monotonic() < until:
        depth, receipt = _depth(eth, transaction)
        if receipt is not None and depth >= confirmations:
            return receipt
        now = f"waiting for a block to take {transaction}"
        if receipt is not None:
            now = f"in block {receipt['blockNumber']}, {depth} of {confirmations} confirmations"
        if now != said:
            if receipt is not None or said:
                say(now)
            said, until = now, time.monotonic() + patience
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
    raise DeploymentFailed(
        f"transaction {transaction} does not get {confirmations} blocks deep: run again later,"
        " which waits for it, and pays more when the fee has risen above what it offers"
    )


def _depth(eth: Eth, transaction: str) -> tuple[int, TxReceipt | None]:
    try:
        receipt = receipt_of(eth, transaction)
        if receipt is None:
            return 0, None
        return eth.block_number - receipt["blockNumber"] + 1, receipt
    except (ProviderUnavailable, Web3Exception):
        return 0, None


def coin(amount: int, symbol: str, exponent: int = 18) -> str:
    """An amount in whole coins, to the last digit: for people."""
    whole, rest = divmod(amount, 10**exponent)
    digits = str(rest).rjust(exponent, "0").rstrip("0") if exponent else ""
    return f"{whole}.{digits} {symbol}" if digits else f"{whole} {symbol}"
