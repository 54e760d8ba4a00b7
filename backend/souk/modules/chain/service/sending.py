"""Sending our own transactions: one for each intent, whatever crashes in between.

The bytes are signed and stored under the intent before the node sees them. From then on only
these bytes are ever sent for it, so that sending again can do nothing twice.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from souk.core.addresses import Address
from souk.core.errors import ProviderUnavailable
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.chain.domain import Call, ChainConfig, Purpose, outbid
from souk.modules.chain.errors import (
    CallTooExpensive,
    GasBudgetSpent,
    NetworkFeeTooHigh,
    RelayerGasSpent,
    TransactionRefused,
)
from souk.modules.chain.ports import (
    MinedTransaction,
    PreparedTransaction,
    SignedTransaction,
    TransactionSender,
)
from souk.modules.chain.repository import blocks as block_rows
from souk.modules.chain.repository import cursor as cursor_rows
from souk.modules.chain.repository import transactions as rows

_log = logging.getLogger(__name__)

BATCH = 100
# Longer than any chain takes for a few blocks.
REPLACED_AFTER = timedelta(minutes=2)
# An account that cannot pay for this part of the gas that it may use in a day runs dry.
_PART_OF_A_DAY = 10

_SPENT = {Purpose.KEEPER: GasBudgetSpent, Purpose.RELAYER: RelayerGasSpent}


@dataclass(frozen=True, slots=True)
class GasBudget:
    """How much gas an account may use in a day, and what for."""

    purpose: Purpose
    daily_gas: int


class Outgoing:
    """Sends from one account on one chain."""

    def __init__(
        self,
        uow: UnitOfWork,
        sender: TransactionSender,
        config: ChainConfig,
        budget: GasBudget,
    ) -> None:
        self._uow = uow
        self._sender = sender
        self._chain_id = config.chain_id
        self._max_fee_per_gas = config.max_fee_per_gas
        self._budget = budget

    def send(
        self,
        call: Call,
        *,
        intent: str,
        max_gas: int | None = None,
        max_fee_per_gas: int | None = None,
    ) -> str:
        """The hash of the one transaction of this intent; it is on its way when this returns,
        even if the node could not be reached for the last step."""
        signed = self._find(intent)
        if signed is None:
            # The day's budget counts gas: without a bound on its price, one answer of one node
            # could spend all that the account has.
            most = self._max_fee_per_gas
            bound = most if max_fee_per_gas is None else min(most, max_fee_per_gas)
            prepared = self._sender.prepare(call, bound)
            if max_gas is not None and prepared.gas_limit > max_gas:
                raise CallTooExpensive(
                    f"the call may use {prepared.gas_limit} gas, at most {max_gas} is allowed"
                )
            signed = self._store(prepared, bound, intent)
        self._hand_over(signed)
        return signed.transaction_hash

    def rebroadcast(self) -> int:
        """Look for our transactions that stand in no block yet, and send those that the node
        does not have either; returns how many were sent. One whose nonce another transaction has
        used for good is dropped, which frees its intent."""
        with self._uow.begin() as tx:
            unmined = rows.list_unmined(tx, self._chain_id, limit=BATCH)
            final = self._final_block(tx)
            hashes = [transaction_hash for each in unmined for transaction_hash in each.hashes]
            logged = rows.list_logged(tx, self._chain_id, hashes)
        # Counted before the receipts are asked for: had one of ours used the nonce in a block up
        # to this one, its receipt would be there by now.
        used = self._count_used({each.sender for each in unmined}, final)
        sent = 0
        for each in unmined:
            if self._is_mined(each, logged):
                continue
            if each.nonce < used[each.sender]:
                self._drop(each)
            else:
                self._hand_over(each.signed)
                sent += 1
        return sent

    def replace_stuck(self) -> str | None:
        """Offer more for the transaction of this account that all later ones wait for, if it has
        waited long and offers less than is taken now; the hash of what replaces it. The same call
        with the same nonce, so that one of the two at most is ever mined.

        Raises `NetworkFeeTooHigh` when more is needed than it may ever cost."""
        each = self._find_waiting()
        if each is None:
            return None
        price = self._sender.price()
        if each.fees.is_enough(price):
            return None
        fees = outbid(each.fees, price, each.most)
        if fees.max_fee > each.most or not fees.is_enough(price):
            raise NetworkFeeTooHigh(
                f"transaction {each.signed.transaction_hash} offers {each.fees.max_fee} wei a unit"
                f" of gas and chain {self._chain_id} takes {price.least} now, which is more than"
                f" the {each.most} that it may cost; it goes through when the price falls"
            )
        prepared = PreparedTransaction(
            each.call, each.gas_limit, fees.max_fee, fees.tip, account_nonce=each.nonce
        )
        return self._replace(each, prepared)

    def shortage(self) -> str | None:
        """Why the account will soon be unable to pay, or `None`."""
        balance, price = self._sender.balance(), self._sender.price()
        gas = self._budget.daily_gas // _PART_OF_A_DAY
        if balance >= gas * price.least:
            return None
        return (
            f"the {self._budget.purpose} {self._sender.address} holds {balance} wei, and {gas} gas"
            f" costs {gas * price.least} now: send it some"
        )

    def _find_waiting(self) -> rows.Unmined | None:
        with self._uow.begin() as tx:
            own = rows.list_unmined(tx, self._chain_id, sender=self._sender.address, limit=1)
            return next((e for e in own if tx.age(e.created_at) >= REPLACED_AFTER), None)

    def _replace(self, each: rows.Unmined, prepared: PreparedTransaction) -> str | None:
        """Stored, like every transaction, before the node sees it."""
        sender = str(each.sender)
        with self._uow.begin() as tx:
            rows.lock_nonce(tx, self._chain_id, sender, at_least=0)
            if not rows.mark_replaced(tx, self._chain_id, each):
                return None
            signed = self._sender.sign(prepared, each.nonce)
            rows.add_transaction(
                tx,
                self._chain_id,
                intent=each.intent,
                sender=sender,
                nonce=each.nonce,
                prepared=prepared,
                most=each.most,
                signed=signed,
            )
            tx.commit()
        _log.warning(
            "transaction %s was replaced by %s, which offers %s wei a unit of gas",
            each.signed.transaction_hash,
            signed.transaction_hash,
            prepared.max_fee_per_gas,
        )
        self._hand_over(signed)
        return signed.transaction_hash

    def _final_block(self, tx: Transaction) -> int | None:
        """The newest block that stays. Below it alone a nonce is used for good: were it counted in
        a block that is replaced, the transaction would be given up whose nonce all later ones wait
        for."""
        cursor = cursor_rows.find_cursor(tx, self._chain_id)
        return None if cursor is None or cursor.final < 0 else cursor.final

    def _count_used(self, senders: set[Address], final: int | None) -> dict[Address, int]:
        """Below which nonce each account has none left; 0 while that cannot be known, as when the
        node has no state any more, or not yet, for a block so far from its own head."""
        used = dict.fromkeys(senders, 0)
        if final is not None:
            with suppress(ProviderUnavailable):
                for sender in senders:
                    used[sender] = self._sender.count_mined(sender, up_to_block=final)
        return used

    def _drop(self, each: rows.Unmined) -> None:
        _log.warning(
            "transaction %s is lost: another one used nonce %s of %s",
            each.signed.transaction_hash,
            each.nonce,
            each.sender,
        )
        with self._uow.begin() as tx:
            rows.drop_transaction(tx, self._chain_id, each)
            tx.commit()

    def _find(self, intent: str) -> SignedTransaction | None:
        with self._uow.begin() as tx:
            return _signed(tx, self._chain_id, intent)

    def _store(self, prepared: PreparedTransaction, most: int, intent: str) -> SignedTransaction:
        """Take a nonce, sign and store; the nonce's row lock makes two senders take turns, and
        the second one of the same intent finds what the first one stored."""
        sender = str(self._sender.address)
        with self._uow.begin() as tx:
            nonce = rows.lock_nonce(tx, self._chain_id, sender, at_least=prepared.account_nonce)
            stored = _signed(tx, self._chain_id, intent)
            if stored is not None:
                return stored
            self._require_budget(tx, sender, prepared.gas_limit)
            signed = self._sender.sign(prepared, nonce)
            rows.add_transaction(
                tx,
                self._chain_id,
                intent=intent,
                sender=sender,
                nonce=nonce,
                prepared=prepared,
                most=most,
                signed=signed,
            )
            rows.set_nonce(tx, self._chain_id, sender, next_nonce=nonce + 1)
            tx.commit()
        return signed

    def _require_budget(self, tx: Transaction, sender: str, gas: int) -> None:
        midnight = tx.now.replace(hour=0, minute=0, second=0, microsecond=0)
        spent = rows.count_gas_since(tx, self._chain_id, sender, midnight)
        allowed = self._budget.daily_gas
        if spent + gas > allowed:
            raise _SPENT[self._budget.purpose](
                f"the {self._budget.purpose} may use {allowed} gas a day on chain {self._chain_id},"
                f" {spent} is reserved and {gas} more is needed",
                retry_after_seconds=_seconds_left(tx.now, midnight + timedelta(days=1)),
            )

    def _hand_over(self, signed: SignedTransaction) -> None:
        error = None
        try:
            self._sender.broadcast(signed)
        except (ProviderUnavailable, TransactionRefused) as failure:
            error = str(failure)
            _log.warning("transaction %s was not taken: %s", signed.transaction_hash, error)
        with self._uow.begin() as tx:
            rows.mark_broadcast(tx, self._chain_id, signed.transaction_hash, error=error)
            tx.commit()

    def _is_mined(self, each: rows.Unmined, logged: Mapping[str, MinedTransaction]) -> bool:
        """Whether our own record of the chain has its logs or else the node has it in a block, or
        one that it was to replace: the node that is asked now may be behind."""
        for transaction_hash in each.hashes:
            mined = logged.get(transaction_hash) or self._sender.find_mined(transaction_hash)
            if mined is not None:
                self._note_mined(each, transaction_hash, mined)
                return True
        return False

    def _note_mined(
        self, each: rows.Unmined, transaction_hash: str, mined: MinedTransaction
    ) -> None:
        """Believed only once our own record of the chain holds the block: then a reorg of that
        block is noticed, and the transaction with it."""
        with self._uow.begin() as tx:
            if block_rows.is_taken_in(
                tx, self._chain_id, number=mined.block_number, block_hash=mined.block_hash
            ):
                rows.mark_mined(tx, self._chain_id, each, transaction_hash, mined)
                tx.commit()


def accounts_of(
    uow: UnitOfWork,
    config: ChainConfig,
    senders: Mapping[Purpose, TransactionSender],
    daily_gas: Mapping[Purpose, int],
) -> dict[Purpose, Outgoing]:
    """The accounts that we send from on a chain, by what they send for."""
    return {
        purpose: Outgoing(uow, sender, config, GasBudget(purpose, daily_gas[purpose]))
        for purpose, sender in senders.items()
    }


def _signed(tx: Transaction, chain_id: int, intent: str) -> SignedTransaction | None:
    row = rows.find_transaction(tx, chain_id, intent)
    return None if row is None else SignedTransaction(row.raw, row.transaction_hash)


def _seconds_left(now: datetime, until: datetime) -> int:
    return int((until - now).total_seconds()) + 1
