"""Charges: what was taken of a card or an account."""

from souk.embedded.stripe_sandbox import money
from souk.embedded.stripe_sandbox.cards import BANK, METHODS, code_of, message_of
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
    kind = item["payment_method_details"]["type"]
    item.update(
        status="failed",
        failure_code=code_of(decline, kind),
        failure_message=message_of(decline, kind),
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
    code, is_card = item["failure_code"], item["payment_method_details"]["type"] != BANK
    return {
        "type": "card_error" if is_card else "invalid_request_error",
        "charge": item["id"],
        "code": code,
        **({"decline_code": decline} if is_card else {}),
        "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}",
        "message": item["failure_message"],
    }


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/charges/{id}`."""
    params.finish()
    return world.find("charge", id_)
