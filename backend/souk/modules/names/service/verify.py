"""Proving that a name stands for a wallet of the caller's, and showing it at their store."""

from souk.core.addresses import Address
from souk.core.idempotency import NO_RECEIPT, Receipt
from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.accounts.service import Accounts
from souk.modules.names import repository
from souk.modules.names.domain import (
    Fault,
    NameRecord,
    Proof,
    Verification,
    Verifying,
    find_fault,
)
from souk.modules.names.errors import NameOfAnother, NameUnfit, StoreNeeded
from souk.modules.names.events import EnsNameVerified
from souk.modules.names.ports import NameService
from souk.modules.names.service.look import Lookups
from souk.modules.names.service.lose import lose
from souk.modules.sellers.domain import SellerRecord
from souk.modules.sellers.service import Sellers


class Verifications:
    """Stores and the names that they show, one each."""

    def __init__(
        self,
        uow: UnitOfWork,
        accounts: Accounts,
        sellers: Sellers,
        lookups: Lookups,
        service: NameService,
    ) -> None:
        self._uow, self._accounts, self._sellers = uow, accounts, sellers
        self._lookups, self._service = lookups, service

    def verify(
        self,
        principal: Principal,
        text: str,
        proof: Proof | None = None,
        receipt: Receipt = NO_RECEIPT,
    ) -> Verifying:
        """Show a name at the caller's store, if it stands for a wallet that the account has
        proved, or proves now. Without either, nothing changes and the answer is what that wallet
        has to sign.

        Raises `NameRefused`, `StoreNeeded`, `NameUnfit`, `NameOfAnother`, `StepUpRequired`, a
        `SignInRefused`, `WalletOfAnotherAccount`, and `ProviderUnavailable` when the chain cannot
        be asked.
        """
        name = self._lookups.require_name(text, "/ens_name")
        with self._uow.begin() as tx:
            self._store_of(tx, principal)
        record = self._service.look(name, off_chain=True)
        wallet = _wallet_of(record)
        if proof is not None:
            self._accounts.add_wallet(principal, proof.message, proof.signature, only=wallet)
        elif not self._is_proved(principal, wallet, record):
            return self._challenge(wallet, record, receipt)
        with self._uow.begin() as tx:
            verification = self._show(tx, principal, wallet, record, proved=proof is not None)
            outcome = Verifying(name, wallet, verification=verification)
            receipt.store(tx, outcome)
            tx.commit()
        return outcome

    def _challenge(self, wallet: Address, record: NameRecord, receipt: Receipt) -> Verifying:
        """A contract's word is wanted on the chain that the name is on."""
        message = self._accounts.issue_nonce().message(wallet, record.block.chain_id)
        outcome = Verifying(record.name, wallet, message=message)
        with self._uow.begin() as tx:
            receipt.store(tx, outcome)
            tx.commit()
        return outcome

    def _is_proved(self, principal: Principal, wallet: Address, record: NameRecord) -> bool:
        """At the same address of another chain somebody else may hold a contract."""
        chain_id = record.block.chain_id
        with self._uow.autocommit() as tx:
            return self._accounts.exists_proof(tx, principal.account_id, wallet, chain_id)

    def _show(
        self,
        tx: Transaction,
        principal: Principal,
        wallet: Address,
        record: NameRecord,
        *,
        proved: bool,
    ) -> Verification:
        """A wallet signs in to one account, so whoever else shows the name has lost it: it stood
        for another wallet then. `proved`: the caller has just signed."""
        store, account_id = self._store_of(tx, principal), principal.account_id
        held = [store.id, *repository.list_showing(tx, record.name)]
        self._sellers.hold(tx, held)
        chain_id = record.block.chain_id
        if not self._accounts.owns_wallet(tx, account_id, wallet, on_chain=chain_id):
            raise _unfit(record, Fault.WALLET_GONE)
        for earlier in repository.lock_open(tx, account_id, record.name):
            if earlier.seller_id not in held or record.block.is_before(earlier.block):
                raise _another_at_once()
            if earlier.account_id != account_id:
                lose(tx, self._sellers, earlier, Fault.REPOINTED)
                continue
            if earlier.name != record.name and not proved:
                # Whoever only holds a token could put a name of their own in its place.
                self._accounts.require_step_up(tx, principal)
            repository.note_lost(tx, earlier.id, Fault.REPLACED)
        verification = repository.add(tx, account_id, store.id, wallet, record)
        if verification is None:
            raise _another_at_once()
        self._sellers.show_name(tx, store.id, record.name)
        tx.publish(
            EnsNameVerified(
                seller_id=store.id, account_id=account_id, ens_name=record.name, wallet=wallet
            )
        )
        return verification

    def _store_of(self, tx: Transaction, principal: Principal) -> SellerRecord:
        store = self._sellers.find_by_account(tx, principal.account_id)
        if store is None:
            raise StoreNeeded("open a store first: a name is shown there")
        return store


def _wallet_of(record: NameRecord) -> Address:
    """The wallet that a name stands for. Raises `NameUnfit`."""
    fault = find_fault(record)
    if fault is None and record.address is not None:
        return record.address
    raise _unfit(record, fault or Fault.NO_ADDRESS)


def _unfit(record: NameRecord, reason: Fault) -> NameUnfit:
    return NameUnfit(
        reason.sentence, context={"pointer": "/ens_name", "name": record.name, "reason": reason}
    )


def _another_at_once() -> NameOfAnother:
    return NameOfAnother("another name was shown at the same moment; ask again")
