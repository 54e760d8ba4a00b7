"""The balance: every movement is a balance transaction, and the sums of them are the balance."""

from collections import defaultdict

from souk.embedded.stripe_sandbox.failures import Refusal
from souk.embedded.stripe_sandbox.store import Object, new_id
from souk.embedded.stripe_sandbox.world import World

DISPUTE_FEE = 1_500
_CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "refund_failure": "refund_failure",
    "payout": "payout",
    "adjustment": "dispute",
}


def card_fee(amount: int) -> int:
    """2.9 % and 30 cents, to the nearest cent."""
    return (amount * 29 + 500) // 1000 + 30


def move(
    world: World,
    kind: str,
    source: Object,
    amount: int,
    *,
    fee: int = 0,
    account: str | None = None,
    available_on: int | None = None,
    category: str | None = None,
) -> Object:
    """Book a movement of `amount` (negative is outwards) less `fee` in an account."""
    now = world.now()
    available = now if available_on is None else available_on
    detail = {
        "amount": fee,
        "application": None,
        "currency": source["currency"],
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }
    transaction: Object = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available,
        "balance_type": "payments",
        "created": now,
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [detail] if fee else [],
        "net": amount - fee,
        "reporting_category": category or _CATEGORIES[kind],
        "source": source["id"],
        "status": "available" if available <= now else "pending",
        "type": kind,
    }
    world.store.database.execute(
        "INSERT INTO balance (account, currency, available_on, amount) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET amount = amount + excluded.amount",
        (
            *(account or "", source["currency"]),
            *(0 if available <= now else available, amount - fee),
        ),
    )
    return world.store.put(transaction, account=account)


def balance(world: World, account: str | None) -> Object:
    """`GET /v1/balance`: what is there, and what will be."""
    sums: dict[str, dict[str, int]] = {"available": defaultdict(int), "pending": defaultdict(int)}
    rows = world.store.database.execute(
        "SELECT currency, available_on <= ?, SUM(amount) FROM balance WHERE account = ?"
        " GROUP BY 1, 2",
        (world.now(), account or ""),
    )
    for currency, is_available, net in rows:
        sums["available" if is_available else "pending"][currency] += net
    currencies = sorted({*sums["available"], *sums["pending"]}) or ["usd"]
    return {
        "object": "balance",
        "livemode": False,
        **{
            name: [
                {
                    "amount": sums[name][currency],
                    "currency": currency,
                    "source_types": {"card": sums[name][currency]},
                }
                for currency in currencies
            ]
            for name in ("available", "pending")
        },
    }


def require_available(world: World, account: str | None, amount: int, currency: str) -> None:
    """Refuse to send what has not become available."""
    have = balance(world, account)["available"]
    if sum(each["amount"] for each in have if each["currency"] == currency) < amount:
        raise Refusal(
            "You have insufficient available funds in your Stripe account.",
            code="balance_insufficient",
        )
