"""Legs: the money of one order in one attempt, under the terms stored with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

from sqlalchemy import (
    ARRAY,
    Row,
    Select,
    Text,
    any_,
    bindparam,
    select,
    text,
)

from souk.core.addresses import Address
from souk.core.db import given, insert_given, required, table_of
from souk.core.money import Asset
from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import Level
from souk.modules.payments.domain import (
    PAID,
    CardLeg,
    CardTerms,
    EscrowLeg,
    EscrowOrder,
    Leg,
    LegFigures,
    LegStatus,
    PaymentMethod,
    instant_of,
)
from souk.modules.payments.models import PaymentAttemptLegRow, TermsDocumentRow
from souk.modules.payments.ports import EscrowPlace, LegDraft

_LEG = table_of(PaymentAttemptLegRow)
_LegColumns = Row[tuple[Any, ...]]
_ADDED = insert_given(_LEG, "rows").returning(_LEG).cte("added")
_ADD = (
    select(_ADDED)
    .add_cte(insert_given(table_of(TermsDocumentRow), "documents").cte("documents"))
    .order_by(_ADDED.c.position)
)
_OF_PAYMENT = (
    select(_LEG)
    .where(_LEG.c.payment_id == bindparam("payment_id"))
    .order_by(_LEG.c.attempt_id, _LEG.c.position)
)
_PAID = select(_LEG).where(
    _LEG.c.order_id == bindparam("order_id"),
    _LEG.c.status.in_(sorted(PAID)),
    _LEG.c.duplicate.is_(False),
)
_BY_ID = select(_LEG).where(_LEG.c.id == any_(bindparam("ids", type_=ARRAY(Text))))
_MOVE = text(
    """
    UPDATE payment_attempt_leg
    SET status = :status, held = :held, released = :released, refunded = :refunded,
        reimbursed = :reimbursed, charged_back = :charged_back, charge_reference = :charge,
        fee = :fee, deadline = :deadline, duplicate = :duplicate, updated_at = :now
    WHERE id = :leg_id
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeg:
    """A leg to be stored; `finality` is `None` where no chain holds it."""

    order_id: str
    seller_id: str
    method: PaymentMethod
    asset: Asset
    clock: str
    usd_amount: int
    finality: Level | None
    draft: LegDraft


def add(
    tx: Transaction, payment_id: str, attempt_id: str, legs: Sequence[NewLeg]
) -> tuple[Leg, ...]:
    """Store the legs of an attempt with their terms documents."""
    ids = [tx.new_id("leg") for _ in legs]
    rows = [
        _row(tx, leg, id=leg_id, payment_id=payment_id, attempt_id=attempt_id, position=position)
        for position, (leg_id, leg) in enumerate(zip(ids, legs, strict=True))
    ]
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
    return tuple(_records(tx, _ADD, rows=given(rows), documents=given(documents)))


def _row(tx: Transaction, leg: NewLeg, **keys: str | int) -> dict[str, object]:
    draft, terms = leg.draft, leg.draft.terms
    return {
        **keys,
        **_rail_columns(draft),
        "order_id": leg.order_id,
        "seller_id": leg.seller_id,
        "method": leg.method,
        "external_reference": draft.external_reference,
        "clock": leg.clock,
        "finality": leg.finality,
        "asset": leg.asset.code,
        "asset_exponent": leg.asset.exponent,
        "asset_symbol": leg.asset.symbol,
        "amount": terms.amount,
        "usd_amount": leg.usd_amount,
        "fee_bps": terms.fee_bps,
        "pay_by": terms.pay_by,
        "fulfil_by": terms.fulfil_by,
        "window_seconds": terms.window,
        "ref": terms.ref,
        "status": LegStatus.AWAITING,
        "held": 0,
        "released": 0,
        "refunded": 0,
        "reimbursed": 0,
        "charged_back": 0,
        "fee": 0,
        "duplicate": False,
        "divisions": {},
        "created_at": tx.now,
        "updated_at": tx.now,
    }


def _rail_columns(draft: LegDraft) -> dict[str, object]:
    """What only one of the rails knows of a leg."""
    match draft.terms, draft.place:
        case EscrowOrder() as terms, EscrowPlace() as place:
            return {
                "chain_id": place.chain_id,
                "contract": place.contract,
                "escrow_id": place.escrow_id,
                "buyer_wallet": terms.buyer,
                "seller_wallet": terms.seller,
                "token": terms.token,
                "arbiter": terms.arbiter,
                "fee_to": terms.fee_to,
                "silent_bps": terms.silent_bps,
            }
        case CardTerms() as terms, None:
            return {"card_account": terms.payee}
        case _:
            raise TypeError("what a contract holds has a place there, and nothing else has")


def list_of_payment(tx: Transaction, payment_id: str) -> list[Leg]:
    """Every leg of a payment, by attempt and position. Whoever is about to change one has locked
    its order and payment before, which locks them all."""
    return _records(tx, _OF_PAYMENT, payment_id=payment_id)


def find_paid(tx: Transaction, order_id: str) -> Leg | None:
    """The leg by which an order is paid."""
    found = _records(tx, _PAID, order_id=order_id)
    return found[0] if found else None


_REFUSED_FOR = timedelta(hours=1)

# The time of the party whose turn it is has passed, and nothing about the leg is on its way
# already. What is owed back is refunded, never released.
_DUE = text(
    """
    SELECT leg.id, leg.status, leg.deadline, due.id IS NOT NULL AS owed_back
    FROM payment_attempt_leg AS leg
    LEFT JOIN refund_due AS due ON due.leg_id = leg.id AND due.status <> 'void'
    WHERE leg.clock = :clock AND leg.deadline < :reached
      AND (leg.deadline, leg.id) > (:after_deadline, :after_id)
      AND (leg.status IN ('held', 'disputed')
           OR (leg.status = 'fulfilled' AND due.id IS NULL))
      AND NOT EXISTS (
          SELECT FROM payment_effect AS effect
          JOIN payment_observation AS observation ON observation.effect_id = effect.id
          WHERE effect.leg_id = leg.id AND effect.kind <> 'held' AND observation.stage = 'seen')
      AND NOT EXISTS (
          SELECT FROM payment_instruction AS told
          WHERE told.leg_id = leg.id AND told.status <> 'done'
            AND (told.status = 'open' OR told.updated_at > :told_since))
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
    clock: str,
    reached: datetime,
    *,
    after: tuple[datetime, str],
    limit: int,
) -> list[Overdue]:
    """Legs by one clock whose deadline lies before `reached`, by deadline and id after the
    position given, without those that a rail was told to move, or refused to, a moment ago."""
    rows = tx.session.execute(
        _DUE,
        {
            "clock": clock,
            "reached": reached,
            "told_since": tx.after(-_REFUSED_FOR),
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
    return {leg.id: leg for leg in _records(tx, _BY_ID, ids=list(leg_ids))}


def get(tx: Transaction, leg_id: str) -> Leg:
    """The leg with this id, which exists."""
    return list_by_id(tx, [leg_id])[leg_id]


def move(
    tx: Transaction, leg_id: str, figures: LegFigures, *, duplicate: bool, charge: str | None
) -> None:
    """Store what the facts amount to; the only writer of a leg's status. `charge` is what the
    provider of a card calls the payment that is held."""
    tx.session.execute(
        _MOVE,
        {
            "leg_id": leg_id,
            "status": figures.status,
            "held": figures.held,
            "released": figures.released,
            "refunded": figures.refunded,
            "reimbursed": figures.reimbursed,
            "charged_back": figures.charged_back,
            "charge": charge,
            "fee": figures.fee,
            "deadline": instant_of(figures.deadline),
            "duplicate": duplicate,
            "now": tx.now,
        },
    )


def _records(tx: Transaction, legs: Select[tuple[Any, ...]], **keys: object) -> list[Leg]:
    return [record(row) for row in tx.session.execute(legs, keys)]


def record(row: _LegColumns) -> Leg:
    """A leg as the domain knows it."""
    common = _common(row)
    if row.card_account is not None:
        return CardLeg(
            **common, terms=_card_terms(row), charge=row.charge_reference, divisions=row.divisions
        )
    return EscrowLeg(
        **common,
        terms=_terms(row),
        chain_id=required(row.chain_id),
        contract=Address(required(row.contract)),
        escrow_id=required(row.escrow_id),
    )


class _Common(TypedDict):
    id: str
    payment_id: str
    attempt_id: str
    order_id: str
    seller_id: str
    method: PaymentMethod
    external_reference: str
    clock: str
    asset: Asset
    amount: int
    status: LegStatus
    held: int
    released: int
    refunded: int
    reimbursed: int
    charged_back: int
    fee: int
    deadline: datetime | None
    duplicate: bool
    finality: Level


def _common(row: _LegColumns) -> _Common:
    return _Common(
        id=row.id,
        payment_id=row.payment_id,
        attempt_id=row.attempt_id,
        order_id=row.order_id,
        seller_id=row.seller_id,
        method=PaymentMethod(row.method),
        external_reference=row.external_reference,
        clock=row.clock,
        asset=Asset(row.asset, row.asset_exponent, row.asset_symbol),
        amount=row.amount,
        status=LegStatus(row.status),
        held=row.held,
        released=row.released,
        refunded=row.refunded,
        reimbursed=row.reimbursed,
        charged_back=row.charged_back,
        fee=row.fee,
        deadline=row.deadline,
        duplicate=row.duplicate,
        finality=Level(row.finality or Level.CONFIRMED),
    )


def _card_terms(row: _LegColumns) -> CardTerms:
    return CardTerms(
        payee=required(row.card_account),
        amount=row.amount,
        fee_bps=row.fee_bps,
        pay_by=row.pay_by,
        fulfil_by=row.fulfil_by,
        window=row.window_seconds,
        ref=row.ref,
    )


def _terms(row: _LegColumns) -> EscrowOrder:
    return EscrowOrder(
        buyer=Address(required(row.buyer_wallet)),
        seller=Address(required(row.seller_wallet)),
        token=Address(required(row.token)),
        amount=row.amount,
        arbiter=Address(required(row.arbiter)),
        fee_to=Address(required(row.fee_to)),
        fee_bps=row.fee_bps,
        silent_bps=required(row.silent_bps),
        pay_by=row.pay_by,
        fulfil_by=row.fulfil_by,
        window=row.window_seconds,
        ref=row.ref,
    )
