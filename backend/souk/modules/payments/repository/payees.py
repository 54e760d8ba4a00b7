"""Who can be paid by card, and whose cards are kept."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, any_, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from souk.core.db import table_of
from souk.core.unit_of_work import Transaction
from souk.modules.payments.models import CardCustomerRow, PayeeAccountRow

_PAYEE, _KNOWN = table_of(PayeeAccountRow), table_of(CardCustomerRow)
_READY = select(_PAYEE.c.seller_id, _PAYEE.c.reference).where(
    _PAYEE.c.seller_id == any_(bindparam("sellers", type_=ARRAY(Text))), _PAYEE.c.ready
)
_CUSTOMER = select(_KNOWN.c.reference).where(_KNOWN.c.account_id == bindparam("account_id"))


@dataclass(frozen=True, slots=True)
class Payee:
    """A seller's account at the card provider."""

    seller_id: str
    reference: str
    ready: bool


def find(tx: Transaction, seller_id: str) -> Payee | None:
    """The account of a seller."""
    row = tx.session.get(PayeeAccountRow, seller_id, populate_existing=True)
    return None if row is None else Payee(row.seller_id, row.reference, row.ready)


def list_ready(tx: Transaction, seller_ids: Iterable[str]) -> dict[str, str]:
    """The references of those of these sellers that can be paid by card."""
    found = tx.session.execute(_READY, {"sellers": list(seller_ids)})
    return {one.seller_id: one.reference for one in found}


def add(tx: Transaction, payee: Payee) -> None:
    """Keep a seller's account; the first that was opened stays."""
    tx.session.execute(
        insert(PayeeAccountRow)
        .values(
            seller_id=payee.seller_id,
            reference=payee.reference,
            ready=payee.ready,
            created_at=tx.now,
            updated_at=tx.now,
        )
        .on_conflict_do_nothing()
    )


def set_ready(tx: Transaction, reference: str, *, ready: bool) -> bool:
    """Whether an account can be paid to; `False` when that is no news, or no account of ours."""
    row = PayeeAccountRow
    changed = tx.session.execute(
        update(row)
        .where(row.reference == reference, row.ready != ready)
        .values(ready=ready, updated_at=tx.now)
        .returning(row.seller_id)
    )
    return changed.first() is not None


def find_customer(tx: Transaction, account_id: str) -> str | None:
    """How the card provider knows an account of ours."""
    found = tx.session.execute(_CUSTOMER, {"account_id": account_id}).scalar_one_or_none()
    return None if found is None else str(found)


def add_customer(tx: Transaction, account_id: str, reference: str) -> None:
    """Keep how the card provider knows an account; the first reference stays."""
    tx.session.execute(
        insert(CardCustomerRow)
        .values(account_id=account_id, reference=reference, created_at=tx.now)
        .on_conflict_do_nothing()
    )
