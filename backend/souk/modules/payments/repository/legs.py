"""Legs: the money of one order in one attempt, under the terms stored with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, insert, select, text, update

from souk.core.addresses import Address
from souk.core.money import Asset
from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import (
    PAID,
    EscrowOrder,
    Leg,
    LegFigures,
    LegStatus,
    PaymentMethod,
    instant_of,
)
from souk.modules.payments.models import PaymentAttemptLegRow, TermsDocumentRow
from souk.modules.payments.ports import LegDraft


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leg belongs: enough to take the locks in their order."""

    leg_id: str
    order_id: str
    payment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeg:
    """A leg to be stored."""

    order_id: str
    seller_id: str
    method: PaymentMethod
    asset: Asset
    usd_amount: int
    draft: LegDraft


def add(tx: Transaction, payment_id: str, attempt_id: str, legs: Sequence[NewLeg]) -> None:
    """Store the legs of an attempt with their terms documents."""
    ids = [tx.new_id("leg") for _ in legs]
    rows = [
        _row(tx, leg, id=leg_id, payment_id=payment_id, attempt_id=attempt_id, position=position)
        for position, (leg_id, leg) in enumerate(zip(ids, legs, strict=True))
    ]
    tx.session.execute(insert(PaymentAttemptLegRow), rows)
    documents = [
        {
            "id": tx.new_id("trm"),
            "leg_id": leg_id,
            "order_id": leg.order_id,
            "ref": leg.draft.document.ref,
            "body": leg.draft.document.body,
            "created_at": tx.now,
        }
        for leg_id, leg in zip(ids, legs, strict=True)
    ]
    tx.session.execute(insert(TermsDocumentRow), documents)


def _row(tx: Transaction, leg: NewLeg, **keys: str | int) -> dict[str, object]:
    draft, terms = leg.draft, leg.draft.terms
    return {
        **keys,
        "order_id": leg.order_id,
        "seller_id": leg.seller_id,
        "method": leg.method,
        "external_reference": draft.external_reference,
        "chain_id": draft.chain_id,
        "contract": draft.contract,
        "escrow_id": draft.escrow_id,
        "asset": leg.asset.code,
        "asset_exponent": leg.asset.exponent,
        "asset_symbol": leg.asset.symbol,
        "amount": terms.amount,
        "usd_amount": leg.usd_amount,
        "buyer_wallet": terms.buyer,
        "seller_wallet": terms.seller,
        "token": terms.token,
        "arbiter": terms.arbiter,
        "fee_to": terms.fee_to,
        "fee_bps": terms.fee_bps,
        "silent_bps": terms.silent_bps,
        "pay_by": terms.pay_by,
        "fulfil_by": terms.fulfil_by,
        "window_seconds": terms.window,
        "ref": terms.ref,
        "status": LegStatus.AWAITING,
        "held": 0,
        "released": 0,
        "refunded": 0,
        "reimbursed": 0,
        "fee": 0,
        "duplicate": False,
        "created_at": tx.now,
        "updated_at": tx.now,
    }


def find_place(tx: Transaction, external_reference: str) -> Place | None:
    """Where the leg that a rail knows by this reference belongs; `None` for a stranger's."""
    row = tx.session.execute(
        select(
            PaymentAttemptLegRow.id, PaymentAttemptLegRow.order_id, PaymentAttemptLegRow.payment_id
        ).filter_by(external_reference=external_reference)
    ).one_or_none()
    return None if row is None else Place(row.id, row.order_id, row.payment_id)


def list_of_order(tx: Transaction, order_id: str) -> list[Leg]:
    """Every leg of an order, the earliest first. Whoever is about to change one has locked its
    order and payment before, which locks them all."""
    return _records(tx, select(PaymentAttemptLegRow).filter_by(order_id=order_id).order_by("id"))


def list_of_payment(tx: Transaction, payment_id: str) -> list[Leg]:
    """Every leg of a payment, by attempt and position."""
    return _records(
        tx,
        select(PaymentAttemptLegRow)
        .filter_by(payment_id=payment_id)
        .order_by(PaymentAttemptLegRow.attempt_id, PaymentAttemptLegRow.position),
    )


def find_paid(tx: Transaction, order_id: str) -> Leg | None:
    """The leg by which an order is paid."""
    found = _records(
        tx,
        select(PaymentAttemptLegRow).where(
            PaymentAttemptLegRow.order_id == order_id,
            PaymentAttemptLegRow.status.in_(sorted(PAID)),
            PaymentAttemptLegRow.duplicate.is_(False),
        ),
    )
    return found[0] if found else None


# The time of the party whose turn it is has passed, and nothing about the leg is on its way
# already. What is owed back is refunded, never released.
_DUE = text(
    """
    SELECT leg.id, leg.status, leg.deadline, due.id IS NOT NULL AS owed_back
    FROM payment_attempt_leg AS leg
    LEFT JOIN refund_due AS due ON due.leg_id = leg.id AND due.status <> 'void'
    WHERE leg.chain_id = :chain_id AND leg.deadline < :chain_time
      AND (leg.deadline, leg.id) > (:after_deadline, :after_id)
      AND (leg.status IN ('held', 'disputed')
           OR (leg.status = 'fulfilled' AND due.id IS NULL))
      AND NOT EXISTS (
          SELECT FROM payment_effect AS effect
          JOIN payment_observation AS observation ON observation.effect_id = effect.id
          WHERE effect.leg_id = leg.id AND effect.kind <> 'held' AND observation.stage = 'seen')
    ORDER BY leg.deadline, leg.id LIMIT :limit
    """
)


_UNSETTLED = text(
    """
    SELECT DISTINCT leg.order_id
    FROM payment_attempt_leg AS leg
    JOIN payment_effect AS effect ON effect.leg_id = leg.id
    JOIN payment_observation AS observation ON observation.effect_id = effect.id
    WHERE leg.chain_id = :chain_id AND leg.status IN ('seen', 'held', 'fulfilled', 'disputed')
      AND observation.stage <> 'orphaned'
      AND (CAST(:from_block AS bigint) IS NULL
           OR CAST(observation.evidence ->> 'block_number' AS bigint) >= :from_block)
    ORDER BY leg.order_id
    """
)


def list_unsettled_orders(tx: Transaction, chain_id: int, *, from_block: int | None) -> list[str]:
    """The orders with money in escrow on this chain of which some fact stands at `from_block` or
    above; all of them when that is `None`."""
    asked = {"chain_id": chain_id, "from_block": from_block}
    return list(tx.session.scalars(_UNSETTLED, asked))


@dataclass(frozen=True, slots=True)
class Overdue:
    """A leg whose time is over."""

    leg_id: str
    deadline: datetime
    fulfilled: bool
    owed_back: bool


def list_overdue(
    tx: Transaction,
    chain_id: int,
    chain_time: datetime,
    *,
    after: tuple[datetime, str],
    limit: int,
) -> list[Overdue]:
    """Legs of one chain whose deadline lies before `chain_time`, by deadline and id after the
    position given."""
    rows = tx.session.execute(
        _DUE,
        {
            "chain_id": chain_id,
            "chain_time": chain_time,
            "after_deadline": after[0],
            "after_id": after[1],
            "limit": limit,
        },
    )
    return [
        Overdue(row.id, row.deadline, row.status == LegStatus.FULFILLED, row.owed_back)
        for row in rows
    ]


def list_by_id(tx: Transaction, leg_ids: Iterable[str]) -> dict[str, Leg]:
    """Legs by their ids."""
    wanted = list(leg_ids)
    found = _records(tx, select(PaymentAttemptLegRow).where(PaymentAttemptLegRow.id.in_(wanted)))
    return {leg.id: leg for leg in found}


def move(tx: Transaction, leg_id: str, figures: LegFigures, *, duplicate: bool) -> None:
    """Store what the facts amount to; the only writer of a leg's status."""
    tx.session.execute(
        update(PaymentAttemptLegRow)
        .where(PaymentAttemptLegRow.id == leg_id)
        .values(
            status=figures.status,
            held=figures.held,
            released=figures.released,
            refunded=figures.refunded,
            reimbursed=figures.reimbursed,
            fee=figures.fee,
            deadline=instant_of(figures.deadline),
            duplicate=duplicate,
            updated_at=tx.now,
        )
    )


def _records(tx: Transaction, query: Select[tuple[PaymentAttemptLegRow]]) -> list[Leg]:
    rows = tx.session.execute(query.execution_options(populate_existing=True)).scalars()
    return [record(row) for row in rows]


def record(row: PaymentAttemptLegRow) -> Leg:
    """A leg as the domain knows it."""
    return Leg(
        id=row.id,
        payment_id=row.payment_id,
        attempt_id=row.attempt_id,
        order_id=row.order_id,
        seller_id=row.seller_id,
        method=PaymentMethod(row.method),
        external_reference=row.external_reference,
        chain_id=row.chain_id,
        contract=Address(row.contract),
        escrow_id=row.escrow_id,
        asset=Asset(row.asset, row.asset_exponent, row.asset_symbol),
        amount=row.amount,
        terms=_terms(row),
        status=LegStatus(row.status),
        held=row.held,
        released=row.released,
        refunded=row.refunded,
        reimbursed=row.reimbursed,
        fee=row.fee,
        deadline=row.deadline,
        duplicate=row.duplicate,
    )


def _terms(row: PaymentAttemptLegRow) -> EscrowOrder:
    return EscrowOrder(
        buyer=Address(row.buyer_wallet),
        seller=Address(row.seller_wallet),
        token=Address(row.token),
        amount=row.amount,
        arbiter=Address(row.arbiter),
        fee_to=Address(row.fee_to),
        fee_bps=row.fee_bps,
        silent_bps=row.silent_bps,
        pay_by=row.pay_by,
        fulfil_by=row.fulfil_by,
        window=row.window_seconds,
        ref=row.ref,
    )
