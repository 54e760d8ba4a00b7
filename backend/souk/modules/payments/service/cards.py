"""What people keep at the card provider: sellers an account to be paid to, buyers their cards."""

import hashlib
import secrets
from collections.abc import Sequence

from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import Outcome
from souk.modules.payments.ports import PayeeAccount, SavedMethod
from souk.modules.payments.repository import payees as payee_rows
from souk.modules.payments.repository.payees import Payee
from souk.modules.payments.service.look import Looking
from souk.modules.sellers.domain.team import Permission


class CardKeeping(Looking):
    """Called with no transaction open. All raise `MethodUnavailable` where no cards are taken, and
    what the provider raises."""

    def open_payee(self, principal: Principal, seller_id: str) -> PayeeAccount:
        """The account by which a store of the caller's is paid by card, opened at the first call,
        and where to complete it: whoever does so says to which bank the money goes. Raises
        `NotYours`, `RoleTooSmall`, `KeyLacksScope`, `StepUpRequired`, `PayoutsFrozen`,
        `VerificationRequired`, and `PayoutsCoolingOff`."""
        principal.require_scope(None)
        self._cards()
        sellers = self._parts.sellers
        with self._parts.uow.begin() as tx:
            seller = sellers.get(tx, seller_id)
            sellers.require(tx, seller_id, principal, Permission.PAYOUTS)
            sellers.require_payable(seller)
            known = payee_rows.find(tx, seller_id)
            names = self._parts.names.list_stale(tx, [seller_id])
        self._parts.names.look([one for one in names if seller.payouts.named(one.wallet)])
        with self._parts.uow.begin() as tx:
            # Not committed: whether there is a proof, which serves once, when there is an answer.
            self._require_new_bank(tx, principal, seller_id)
        account = (
            self._opened(seller_id) if known is None else self._refreshed(known, to_go_on=True)
        )
        with self._parts.uow.begin() as tx:
            self._require_new_bank(tx, principal, seller_id)
            tx.commit()
        return account

    def _require_new_bank(self, tx: Transaction, principal: Principal, seller_id: str) -> None:
        """Use up the proof by which a store's money may go to another bank. Asked as the last thing
        before anybody is told where to say so: the world goes on while the provider is asked."""
        sellers = self._parts.sellers
        seller = sellers.get(tx, seller_id)
        sellers.require(tx, seller_id, principal, Permission.PAYOUTS)
        sellers.require_payable(seller)
        sellers.require_no_freeze(tx, seller)
        sellers.require_proof(tx, principal)

    def _opened(self, seller_id: str) -> PayeeAccount:
        """A new account, which is kept whoever is told of it: it is the store's, and empty."""
        rail = self._cards()
        opened = rail.desk.open_account(
            seller_id, key=f"{seller_id}:account", return_url=rail.return_url
        )
        with self._parts.uow.begin() as tx:
            payee_rows.add(tx, Payee(seller_id, opened.reference, opened.ready))
            tx.commit()
        return opened

    def is_payee_ready(self, principal: Principal, seller_id: str) -> bool:
        """Whether a store of the caller's can be paid by card by now, as the provider has it.
        Raises `SellerNotFound`, `NotYours`, `RoleTooSmall`."""
        self._cards()
        with self._parts.uow.begin() as tx:
            self._parts.sellers.get(tx, seller_id)
            self._parts.sellers.require(tx, seller_id, principal, Permission.PAYOUTS)
            known = payee_rows.find(tx, seller_id)
        return known is not None and (known.ready or self._refreshed(known).ready)

    def _refreshed(self, known: Payee, *, to_go_on: bool = False) -> PayeeAccount:
        rail = self._cards()
        return_url = rail.return_url if to_go_on else None
        account = rail.desk.look_up_account(known.reference, return_url=return_url)
        self.observe(account)
        return account

    def save_method(self, principal: Principal, wish: str | None = None) -> Outcome:
        """Have the caller enter a card or account at the provider, to be kept for later. The same
        `wish` gets the same fields again; without one they are new each time."""
        rail = self._cards()
        with self._parts.uow.begin() as tx:
            customer = payee_rows.find_customer(tx, principal.account_id)
        if customer is None:
            account = principal.account_id
            customer = rail.desk.open_customer(account, key=f"{account}:customer")
            with self._parts.uow.begin() as tx:
                payee_rows.add_customer(tx, account, customer)
                tx.commit()
        if wish is None:
            return rail.desk.save_method(customer, key=secrets.token_hex(16))
        told = hashlib.sha256(f"{principal.account_id}:{wish}".encode()).hexdigest()
        return rail.desk.save_method(customer, key=told)

    def list_saved(self, principal: Principal) -> Sequence[SavedMethod]:
        """What is kept for the caller."""
        customer = self._customer(principal)
        return () if customer is None else self._cards().desk.list_saved(customer)

    def forget_saved(self, principal: Principal, reference: str) -> None:
        """Keep one of the caller's no longer; harmless when it is not kept. Raises
        `SavedMethodNotFound` for another's."""
        customer = self._customer(principal)
        if customer is not None:
            self._cards().desk.forget_saved(customer, reference)

    def _customer(self, principal: Principal) -> str | None:
        self._cards()
        with self._parts.uow.begin() as tx:
            return payee_rows.find_customer(tx, principal.account_id)
