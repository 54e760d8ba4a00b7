"""Charges, and refunds of them."""

from souk.embedded.stripe_sandbox import money
from souk.embedded.stripe_sandbox.cards import BANK, METHODS, code_of, message_of
from souk.embedded.stripe_sandbox.failures import Refusal, missing
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.methods import details, nobody
from souk.embedded.stripe_sandbox.store import Object, new_id
from souk.embedded.stripe_sandbox.world import World


def pending(world: World, intent: Object) -> Object:
    """A charge of which nothing is known yet."""
    method = world.store.get("payment_method", intent["payment_method"])
    kind = method["type"] if method else "card"
    nothing = (
        "application application_fee application_fee_amount balance_transaction failure_code"
        " failure_message failure_balance_transaction receipt_number review shipping source"
        " source_transfer statement_descriptor transfer_data outcome"
    )
    item: Object = {
        "id": new_id("py" if kind == BANK else "ch"),
        "object": "charge",
        **dict.fromkeys(nothing.split()),
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": nobody(),
        "calculated_statement_descriptor": "SOUK SANDBOX",
        "captured": False,
        "created": world.now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": intent["on_behalf_of"],
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": _receipt(method) if method else None,
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_url": None,
        "refunded": False,
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": "pending",
        "transfer_group": intent["transfer_group"] or f"group_{intent['id']}",
    }
    return world.store.put({**item, "_test": method["_test"] if method else None})


def _receipt(method: Object) -> Object:
    test = METHODS[method["_test"]]
    told = details(test)
    if test.kind == BANK:
        kept = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4")
        return {"type": BANK, BANK: {name: told[name] for name in (*kept, "routing_number")}}
    names = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding")
    card = {name: told[name] for name in (*names, "last4", "regulated_status", "wallet")}
    more = {"network": test.brand, "three_d_secure": None, "installments": None, "mandate": None}
    return {"type": "card", "card": {**card, **more}}


def succeed(world: World, item: Object, *, at_once: bool) -> Object:
    """Book the money, available in some days."""
    wait = 0 if at_once else world.settings.available_seconds
    booked = money.move(
        world,
        "payment" if item["id"].startswith("py_") else "charge",
        item,
        item["amount"],
        fee=money.card_fee(item["amount"]),
        available_on=world.now() + wait,
    )
    item.update(
        status="succeeded",
        paid=True,
        captured=True,
        amount_captured=item["amount"],
        balance_transaction=booked["id"],
        receipt_url=f"{world.settings.url}/sandbox/receipts/{item['id']}",
        outcome=_outcome("approved_by_network", "authorized", None),
    )
    return world.store.put(item)


def fail(world: World, item: Object, decline: str) -> Object:
    """The issuer has refused."""
    item.update(
        status="failed",
        failure_code=code_of(decline),
        failure_message=message_of(decline),
        outcome=_outcome("declined_by_network", "issuer_declined", decline),
    )
    return world.store.put(item)


def _outcome(network: str, kind: str, reason: str | None) -> Object:
    return {
        "advice_code": None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": network,
        "reason": reason,
        "risk_level": "normal",
        "risk_score": 10,
        "seller_message": message_of(reason) if reason else "Payment complete.",
        "type": kind,
    }


def error_of(item: Object, decline: str) -> Object:
    """A failed charge as the error of its intent."""
    return {
        "type": "card_error",
        "charge": item["id"],
        "code": code_of(decline),
        "decline_code": decline,
        "doc_url": f"https://stripe.com/docs/error-codes/{code_of(decline).replace('_', '-')}",
        "message": message_of(decline),
    }


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/charges/{id}`."""
    params.finish()
    return world.find("charge", id_)


def refund(world: World, params: Params) -> Object:
    """`POST /v1/refunds`."""
    charge = _charge_to_refund(world, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.whole("amount")
    reason = params.choice("reason", "duplicate", "fraudulent", "requested_by_customer")
    params.forget("refund_application_fee", "reverse_transfer")
    metadata = params.metadata()
    params.finish()
    _require_refundable(charge, left, amount)
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


def _require_refundable(charge: Object, left: int, amount: int | None) -> None:
    if charge["status"] != "succeeded":
        raise Refusal(f"Charge {charge['id']} has not succeeded.", param="charge")
    if charge["disputed"]:
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


def refund_answers(world: World, id_: str) -> None:
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


def get_refund(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/refunds/{id}`."""
    params.finish()
    return world.find("refund", id_)
