"""Payouts: money leaves for somebody's bank. https://docs.stripe.com/api/payouts.

Only a connected account pays out here: what it has sent away can no longer be taken back by
reversing a transfer.
"""

from souk.embedded.stripe_sandbox import money
from souk.embedded.stripe_sandbox.failures import Refusal, missing
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id
from souk.embedded.stripe_sandbox.world import World

_CURRENCY = "usd"
_NOTHING = [
    "application_fee",
    "application_fee_amount",
    "description",
    "failure_balance_transaction",
    "failure_code",
    "failure_message",
    "original_payout",
    "payout_method",
    "reversed_by",
    "statement_descriptor",
    "trace_id",
]


def create(world: World, params: Params) -> Object:
    """`POST /v1/payouts`, in the name of a connected account."""
    account = world.call.account if world.call else None
    if account is None:
        raise missing("stripe_account")
    amount, currency = params.need_whole("amount"), params.need("currency").lower()
    description, metadata = params.text("description"), params.metadata()
    params.forget("method", "source_type", "statement_descriptor", "destination")
    params.finish()
    if amount <= 0:
        raise Refusal("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if not world.find_account(account)["payouts_enabled"]:
        raise Refusal("Cannot create payouts for this account.", code="payouts_not_allowed")
    money.require_available(world, account, amount, currency)
    return _send(world, account, amount, currency, description, metadata)


def send_all(world: World, account: str) -> Object:
    """Everything that a connected account has, also what is not available yet."""
    have = money.balance(world, account)
    sides = [*have["available"], *have["pending"]]
    amount = sum(each["amount"] for each in sides if each["currency"] == _CURRENCY)
    if amount <= 0:
        raise Refusal("There is nothing to pay out.", code="balance_insufficient")
    return _send(world, account, amount, _CURRENCY, None, {})


def _send(
    world: World,
    account: str,
    amount: int,
    currency: str,
    description: str | None,
    metadata: dict[str, str],
) -> Object:
    item: Object = {
        "id": new_id("po"),
        "object": "payout",
        **dict.fromkeys(_NOTHING),
        "amount": amount,
        "arrival_date": world.now() + int(world.settings.bank_seconds),
        "automatic": False,
        "balance_transaction": None,
        "created": world.now(),
        "currency": currency,
        "description": description,
        "destination": f"ba_of_{account}",
        "livemode": False,
        "metadata": metadata,
        "method": "standard",
        "reconciliation_status": "not_applicable",
        "source_type": "card",
        "status": "pending",
        "type": "bank_account",
    }
    booked = money.move(world, "payout", item, -amount, account=account)
    item["balance_transaction"] = booked["id"]
    world.store.put(item, account=account)
    world.emit("payout.created", item, account=account)
    world.wake_later("payout", item["id"], world.settings.bank_seconds)
    return item


def bank_answers(world: World, id_: str) -> None:
    """The money has arrived."""
    item, account = world.store.owned("payout", id_)
    if item is None or item["status"] != "pending":
        return
    item["status"] = "paid"
    world.store.put(item)
    world.emit("payout.paid", item, account=account, before={"status": "pending"})


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/payouts/{id}`."""
    params.finish()
    return world.find("payout", id_)
