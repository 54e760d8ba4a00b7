"""Refunds: https://docs.stripe.com/refunds. Some succeed later, and some come back."""

from souk.embedded.stripe_sandbox import money
from souk.embedded.stripe_sandbox.cards import METHODS
from souk.embedded.stripe_sandbox.failures import Refusal, missing
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id
from souk.embedded.stripe_sandbox.world import World


def create(world: World, params: Params) -> Object:
    """`POST /v1/refunds`."""
    charge = _charge_to_refund(world, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.whole("amount")
    reason = params.choice("reason", "duplicate", "fraudulent", "requested_by_customer")
    params.forget("refund_application_fee", "reverse_transfer")
    metadata = params.metadata()
    params.finish()
    _require_refundable(world, charge, left, amount)
    item = _refund(world, charge, left if amount is None else amount, reason, metadata)
    before = {name: charge[name] for name in ("amount_refunded", "refunded")}
    charge["amount_refunded"] += item["amount"]
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    world.store.put(charge)
    world.emit("refund.created", item)
    world.emit("charge.refunded", charge, before=before)
    return item


def _charge_to_refund(world: World, params: Params) -> Object:
    charge, intent = params.text("charge"), params.text("payment_intent")
    if charge is not None:
        return world.find("charge", charge, param="charge")
    if intent is None:
        raise missing("charge")
    latest = world.find("payment_intent", intent, param="payment_intent")["latest_charge"]
    if latest is None:
        raise Refusal(
            f"This PaymentIntent ({intent}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return world.find("charge", latest)


def _require_refundable(world: World, charge: Object, left: int, amount: int | None) -> None:
    if charge["status"] != "succeeded":
        raise Refusal(f"Charge {charge['id']} has not succeeded.", param="charge")
    disputes = world.store.below("dispute", charge["id"])
    if not all(each["is_charge_refundable"] for each in disputes):
        raise Refusal(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    if left == 0:
        raise Refusal(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    if amount is not None and not 0 < amount <= left:
        raise Refusal(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            if amount > left
            else "Invalid positive integer",
            param="amount",
        )


def _refund(
    world: World, charge: Object, amount: int, reason: str | None, metadata: dict[str, str]
) -> Object:
    outcome = METHODS[charge["_test"]].refund
    item: Object = {
        "id": new_id("pyr" if charge["id"].startswith("py_") else "re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending" if outcome == "pending" else "succeeded",
        "transfer_reversal": None,
    }
    kind = "payment_refund" if item["id"].startswith("pyr") else "refund"
    item["balance_transaction"] = money.move(world, kind, item, -amount)["id"]
    if outcome is not None:
        world.wake_later("refund", item["id"], world.settings.bank_seconds)
    return world.store.put(item)


def bank_answers(world: World, id_: str) -> None:
    """A bank has taken the refund after all, or has sent it back."""
    item = world.store.get("refund", id_)
    if item is None:
        return
    before = {"status": item["status"]}
    charge = world.find("charge", item["charge"])
    if METHODS[charge["_test"]].refund == "pending":
        item["status"] = "succeeded"
    else:
        back = money.move(world, "refund_failure", item, item["amount"])
        item.update(
            status="failed",
            failure_reason="lost_or_stolen_card",
            failure_balance_transaction=back["id"],
        )
        charge["amount_refunded"] -= item["amount"]
        charge["refunded"] = False
        world.store.put(charge)
        world.emit("refund.failed", item)
    world.store.put(item)
    world.emit("refund.updated", item, before=before)
    world.emit("charge.refund.updated", item, before=before)


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/refunds/{id}`."""
    params.finish()
    return world.find("refund", id_)


def update(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/refunds/{id}`: its metadata."""
    item = world.find("refund", id_)
    item["metadata"] = {**item["metadata"], **params.metadata()}
    params.finish()
    world.store.put(item)
    world.emit("refund.updated", item)
    world.emit("charge.refund.updated", item)
    return item
