"""Booking. Every function works inside the caller's transaction and never commits: an entry
belongs to the change of state that it explains."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from souk.core.unit_of_work import Transaction
from souk.modules.ledger import repository
from souk.modules.ledger.domain import (
    AccountKey,
    AccountKind,
    AssetTotals,
    Break,
    EntryDraft,
    Holding,
    OrderMoney,
    PostingDraft,
    Stage,
)
from souk.modules.ledger.errors import UnknownEntry


class Ledger:
    """The books. Immutable, double, per asset; the database refuses whatever is not."""

    def post(self, tx: Transaction, draft: EntryDraft) -> bool:
        """Write an entry; `False` when one of this external reference is there already."""
        return repository.insert_entry(tx, draft)

    def reverse(
        self,
        tx: Transaction,
        external_reference: str,
        *,
        as_reference: str,
        occurred_at: datetime,
    ) -> bool:
        """Write the mirror of an entry; `False` when it was mirrored before. Raises
        `UnknownEntry`."""
        entry = repository.find_entry(tx, external_reference)
        if entry is None:
            raise UnknownEntry(f"no entry {external_reference} to reverse")
        mirrored = tuple(
            PostingDraft(posting.account, posting.stage, -posting.amount)
            for posting in entry.draft.postings
        )
        mirror = replace(
            entry.draft,
            external_reference=as_reference,
            occurred_at=occurred_at,
            postings=mirrored,
        )
        return repository.insert_entry(tx, mirror, reverses_id=entry.id)

    def standing(self, tx: Transaction, effect_reference: str) -> list[str]:
        """The entries of an outside fact that were not reversed, by their external references."""
        return repository.list_standing(tx, effect_reference)

    def balance(
        self, tx: Transaction, kind: AccountKind, owner: str, asset: str, stage: Stage
    ) -> int:
        """What an account holds in one stage; 0 for an account without postings."""
        return repository.sum_of(tx, AccountKey(kind, owner, asset), stage)

    def assets(self, tx: Transaction, kind: AccountKind, owner: str) -> tuple[str, ...]:
        """The codes of the assets in which an owner has an account of this kind."""
        return repository.list_assets(tx, kind, owner)

    def order_money(self, tx: Transaction, order_id: str) -> tuple[OrderMoney, ...]:
        """What came in for an order and where it went, one row per holder (leg) and asset."""
        return repository.list_order_money(tx, order_id)

    def money_of_orders(self, tx: Transaction, order_ids: Sequence[str]) -> list[OrderMoney]:
        """The same for several orders at once."""
        return repository.list_money_of_orders(tx, order_ids)

    def holdings(self, tx: Transaction) -> list[Holding]:
        """What each holder holds now, in one look at all of the books."""
        return repository.list_holdings(tx)

    def check_books(
        self, tx: Transaction, patience: timedelta = timedelta(minutes=10)
    ) -> list[Break]:
        """Every rule of the books that does not hold; empty when they balance.

        Per asset and stage all accounts sum to zero; every entry does too; nothing leaves escrow
        that did not come in, by order and holder; a mirror is exactly the negative of its entry;
        an outside fact is booked at most once, mirrored entries aside.

        The more was booked, the longer it takes; after `patience` it is given up, and the unit of
        work raises `DatabaseBusy`.
        """
        return repository.list_breaks(tx, patience)

    def totals(self, tx: Transaction) -> list[AssetTotals]:
        """What came in of each asset and where it went, by its code. Takes as long as
        `check_books`, after which it may be called with the same patience."""
        return repository.list_totals(tx)
