"""Every read and write of the books on the command side."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Row, func, select, text

from souk.core.unit_of_work import Transaction
from souk.modules.ledger.domain import (
    AccountKey,
    AccountKind,
    AssetTotals,
    Break,
    EntryDraft,
    Flow,
    Holding,
    OrderMoney,
    PostingDraft,
    Stage,
)
from souk.modules.ledger.models import LedgerAccountRow, LedgerEntryRow, LedgerPostingRow

_ORDER_MONEY = text(
    "SELECT order_id, holder, asset, pending, held, released, refunded, reimbursed, charged_back,"
    " charged_from_held, fee FROM order_money WHERE order_id = :order_id ORDER BY holder, asset"
)
_TOTALS = text(
    """
    WITH crooked AS (
        SELECT account.asset FROM ledger_posting AS posting
        JOIN ledger_account AS account ON account.id = posting.account_id
        GROUP BY account.asset, posting.stage HAVING sum(posting.amount) <> 0)
    SELECT asset, max(holder) AS holder, sum(held) AS held, sum(released) AS released,
        sum(refunded) AS refunded, sum(reimbursed) AS reimbursed,
        sum(charged_back) AS charged_back, sum(charged_from_held) AS charged_from_held,
        sum(lost) AS lost, sum(fee) AS fees,
        bool_and(released + refunded + charged_from_held <= held AND reimbursed <= released)
            AND asset NOT IN (SELECT crooked.asset FROM crooked) AS balanced
    FROM order_money GROUP BY asset ORDER BY asset
    """
)
_MONEY_OF_ORDERS = text(
    "SELECT order_id, holder, asset, pending, held, released, refunded, reimbursed, charged_back,"
    " charged_from_held, fee FROM order_money WHERE order_id = ANY(:orders)"
    " ORDER BY holder, asset"
)
_HOLDINGS = text(
    """
    SELECT account.owner AS holder, account.asset, sum(posting.amount) AS amount
    FROM ledger_account AS account JOIN ledger_posting AS posting ON posting.account_id = account.id
    WHERE account.kind = 'escrow' AND posting.stage = 'posted'
    GROUP BY account.owner, account.asset HAVING sum(posting.amount) <> 0
    ORDER BY account.owner, account.asset
    """
)
_STANDING = text(
    """
    SELECT entry.external_reference FROM ledger_entry AS entry
    WHERE entry.effect_reference = :effect_reference AND entry.reverses_id IS NULL
      AND NOT EXISTS (SELECT FROM ledger_entry AS mirror WHERE mirror.reverses_id = entry.id)
    ORDER BY entry.external_reference
    """
)
# Always in the same order, so that two entries which open the same two accounts at once wait for
# each other instead of dead-locking.
_OPEN = text(
    """
    INSERT INTO ledger_account (id, kind, owner, asset, created_at)
    SELECT id, kind, owner, asset, :now
    FROM unnest(CAST(:ids AS text[]), CAST(:kinds AS text[]), CAST(:owners AS text[]),
                CAST(:assets AS text[])) WITH ORDINALITY AS wanted (id, kind, owner, asset, place)
    ORDER BY place
    ON CONFLICT DO NOTHING
    """
)
_WRITE = text(
    """
    WITH entry AS (
        INSERT INTO ledger_entry
            (id, external_reference, effect_reference, flow, order_id, holder, reverses_id,
             posting_count, occurred_at, created_at)
        VALUES (:id, :external_reference, :effect_reference, :flow, :order_id, :holder,
                :reverses_id, :posting_count, :occurred_at, :now)
        ON CONFLICT DO NOTHING RETURNING id)
    INSERT INTO ledger_posting (entry_id, position, account_id, stage, amount)
    SELECT entry.id, posting.place - 1, account.id, posting.stage, posting.amount
    FROM entry CROSS JOIN
         unnest(CAST(:kinds AS text[]), CAST(:owners AS text[]), CAST(:assets AS text[]),
                CAST(:stages AS text[]), CAST(:amounts AS numeric[]))
             WITH ORDINALITY AS posting (kind, owner, asset, stage, amount, place)
    JOIN ledger_account AS account USING (kind, owner, asset)
    RETURNING entry_id
    """
)
_SET_PATIENCE = text("SELECT set_config('statement_timeout', :milliseconds, true)")
_BREAKS = text("SELECT rule, subject, detail FROM ledger_breaks() ORDER BY rule, subject, detail")


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it was written."""

    id: str
    draft: EntryDraft


def insert_entry(tx: Transaction, draft: EntryDraft, *, reverses_id: str | None = None) -> bool:
    """Write an entry with its postings; `False` when one of this reference, or another mirror of
    the same entry, is there already."""
    _open_accounts(tx, {posting.account for posting in draft.postings})
    written = tx.session.execute(
        _WRITE,
        {
            "id": tx.new_id("len"),
            "external_reference": draft.external_reference,
            "effect_reference": draft.effect_reference,
            "flow": draft.flow,
            "order_id": draft.order_id,
            "holder": draft.holder,
            "reverses_id": reverses_id,
            "posting_count": len(draft.postings),
            "occurred_at": draft.occurred_at,
            "now": tx.now,
            "kinds": [posting.account.kind.value for posting in draft.postings],
            "owners": [posting.account.owner for posting in draft.postings],
            "assets": [posting.account.asset for posting in draft.postings],
            "stages": [posting.stage.value for posting in draft.postings],
            "amounts": [posting.amount for posting in draft.postings],
        },
    )
    return written.first() is not None


def _open_accounts(tx: Transaction, keys: Iterable[AccountKey]) -> None:
    """Open those of these accounts that have no posting so far."""
    wanted = sorted(keys)
    tx.session.execute(
        _OPEN,
        {
            "ids": [tx.new_id("lac") for _ in wanted],
            "kinds": [key.kind.value for key in wanted],
            "owners": [key.owner for key in wanted],
            "assets": [key.asset for key in wanted],
            "now": tx.now,
        },
    )


def find_entry(tx: Transaction, external_reference: str) -> StoredEntry | None:
    """The entry of this reference with its postings."""
    row = tx.session.execute(
        select(LedgerEntryRow).filter_by(external_reference=external_reference)
    ).scalar_one_or_none()
    if row is None:
        return None
    draft = EntryDraft(
        external_reference=row.external_reference,
        effect_reference=row.effect_reference,
        flow=Flow(row.flow),
        order_id=row.order_id,
        holder=row.holder,
        occurred_at=row.occurred_at,
        postings=_postings(tx, row.id),
    )
    return StoredEntry(row.id, draft)


def list_standing(tx: Transaction, effect_reference: str) -> list[str]:
    """The entries of an outside fact that were not mirrored, by their external references."""
    return list(tx.session.scalars(_STANDING, {"effect_reference": effect_reference}))


def _postings(tx: Transaction, entry_id: str) -> tuple[PostingDraft, ...]:
    account, posting = LedgerAccountRow, LedgerPostingRow
    rows = tx.session.execute(
        select(account.kind, account.owner, account.asset, posting.stage, posting.amount)
        .join(posting, posting.account_id == account.id)
        .where(posting.entry_id == entry_id)
        .order_by(posting.position)
    )
    return tuple(
        PostingDraft(
            AccountKey(AccountKind(row.kind), row.owner, row.asset), Stage(row.stage), row.amount
        )
        for row in rows
    )


def sum_of(tx: Transaction, key: AccountKey, stage: Stage) -> int:
    """An account's balance in one stage."""
    account, posting = LedgerAccountRow, LedgerPostingRow
    balance = tx.session.execute(
        select(func.sum(posting.amount))
        .join(account, posting.account_id == account.id)
        .where(
            account.kind == key.kind,
            account.owner == key.owner,
            account.asset == key.asset,
            posting.stage == stage,
        )
    ).scalar_one()
    return int(balance or 0)


def list_assets(tx: Transaction, kind: AccountKind, owner: str) -> tuple[str, ...]:
    """The assets in which an owner has an account of this kind, in the order of their codes."""
    found = tx.session.scalars(
        select(LedgerAccountRow.asset)
        .filter_by(kind=kind, owner=owner)
        .order_by(LedgerAccountRow.asset)
    )
    return tuple(found)


def list_order_money(tx: Transaction, order_id: str) -> tuple[OrderMoney, ...]:
    """One row per holder and asset, from the view `order_money`."""
    rows = tx.session.execute(_ORDER_MONEY, {"order_id": order_id})
    return tuple(_order_money(row) for row in rows)


def list_money_of_orders(tx: Transaction, order_ids: Sequence[str]) -> list[OrderMoney]:
    """The same for several orders."""
    rows = tx.session.execute(_MONEY_OF_ORDERS, {"orders": list(order_ids)})
    return [_order_money(row) for row in rows]


def _order_money(row: Row[tuple[object, ...]]) -> OrderMoney:
    values = row._mapping
    return OrderMoney(
        order_id=values["order_id"],
        holder=values["holder"],
        asset=values["asset"],
        pending=int(values["pending"]),
        held=int(values["held"]),
        released=int(values["released"]),
        refunded=int(values["refunded"]),
        reimbursed=int(values["reimbursed"]),
        charged_back=int(values["charged_back"]),
        charged_from_held=int(values["charged_from_held"]),
        fee=int(values["fee"]),
    )


def list_holdings(tx: Transaction) -> list[Holding]:
    """What each holder holds, from every posting there is; those that hold nothing are left
    out."""
    rows = tx.session.execute(_HOLDINGS)
    return [Holding(row.holder, row.asset, int(row.amount)) for row in rows]


def list_breaks(tx: Transaction, patience: timedelta) -> list[Break]:
    """Whatever rule of the books does not hold, from the function `ledger_breaks`. It reads every
    posting there is, so until the transaction ends statements may take as long as `patience`."""
    milliseconds = int(patience / timedelta(milliseconds=1))
    tx.session.execute(_SET_PATIENCE, {"milliseconds": str(milliseconds)})
    return [Break(row.rule, row.subject, row.detail) for row in tx.session.execute(_BREAKS)]


def list_totals(tx: Transaction) -> list[AssetTotals]:
    """The totals of each asset, by its code. Reads every posting there is."""
    return [
        AssetTotals(
            asset=row.asset,
            holder=row.holder,
            held=int(row.held),
            released=int(row.released),
            refunded=int(row.refunded),
            reimbursed=int(row.reimbursed),
            charged_back=int(row.charged_back),
            charged_from_held=int(row.charged_from_held),
            lost=int(row.lost),
            fees=int(row.fees),
            balanced=row.balanced,
        )
        for row in tx.session.execute(_TOTALS)
    ]
