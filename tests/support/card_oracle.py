"""What the provider has of an attempt's money, and what the books say of it: neither is computed by
the code of the other."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

import stripe
from sqlalchemy import text

from souk.core.unit_of_work import UnitOfWork

_BOOKED = text(
    """
    SELECT CASE e.flow WHEN 'lose' THEN f.kind ELSE e.flow END AS flow, a.kind,
        sum(p.amount) AS amount
    FROM ledger_entry e
    JOIN ledger_posting p ON p.entry_id = e.id
    JOIN ledger_account a ON a.id = p.account_id
    JOIN payment_effect f ON f.id = e.effect_reference
    JOIN payment_attempt_leg l ON l.id = e.holder
    WHERE l.attempt_id = :attempt AND p.stage = 'posted'
    GROUP BY 1, 2
    """
)
# What we, or somebody by hand, gave back, also where it was not there.
_BACK = ("refund", "settled", "reimburse", "reimbursed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """In cents: what was `charged`, went back to the payer (`returned`), was `taken` by the payer's
    bank, was `sent` to sellers while we kept `fees`, and came `back` from sellers."""

    charged: int = 0
    returned: int = 0
    taken: int = 0
    sent: int = 0
    fees: int = 0
    back: int = 0


def at_provider(client: stripe.StripeClient, attempt_id: str) -> Money:
    """Everything that has to do with an attempt."""
    group = {"transfer_group": attempt_id, "limit": 100}
    charges = client.v1.charges.list(group).data
    transfers = client.v1.transfers.list(group).data
    intents = sorted({str(charge.payment_intent) for charge in charges})
    refunds = [one for intent in intents for one in _of(client.v1.refunds, intent)]
    disputes = [one for intent in intents for one in _of(client.v1.disputes, intent)]
    fees = [int(transfer.metadata.to_dict().get("fee", 0)) for transfer in transfers]
    return Money(
        charged=sum(charge.amount for charge in charges if charge.status == "succeeded"),
        returned=sum(refund.amount for refund in refunds if refund.status == "succeeded"),
        taken=-sum(moved.amount for one in disputes for moved in one.balance_transactions),
        sent=sum(transfer.amount for transfer in transfers),
        fees=sum(fees),
        back=sum(transfer.amount_reversed for transfer in transfers),
    )


def _of(service: object, intent: str) -> Iterable:
    return service.list({"payment_intent": intent, "limit": 100}).data


def in_books(uow: UnitOfWork, attempt_id: str) -> Money:
    """What is posted for the legs of an attempt."""
    with uow.begin() as tx:
        rows = tx.session.execute(_BOOKED, {"attempt": attempt_id})
        sums: Mapping[tuple[str, str], int] = Counter(
            {(row.flow, row.kind): int(row.amount) for row in rows}
        )
    return Money(
        charged=sums["hold", "escrow"],
        returned=sum(sums[flow, "buyer"] for flow in _BACK),
        taken=sums["charge_back", "buyer"] + sums["charged_back", "buyer"],
        sent=sums["release", "seller"],
        fees=sums["release", "fees"],
        back=sums["recover", "receivable"],
    )


def total(parts: Iterable[Money]) -> Money:
    """All of it together."""
    sums: Counter[str] = Counter()
    for part in parts:
        sums.update(asdict(part))
    return Money(**sums)
