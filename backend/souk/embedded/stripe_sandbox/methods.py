"""PaymentMethods: what people pay with."""

from souk.embedded.stripe_sandbox.cards import (
    BANK,
    METHODS,
    TestMethod,
    method_of_number,
    test_method,
)
from souk.embedded.stripe_sandbox.failures import Refusal, invalid, unknown
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id
from souk.embedded.stripe_sandbox.world import World

NOWHERE: Object = {
    "city": None,
    "country": None,
    "line1": None,
    "line2": None,
    "postal_code": None,
    "state": None,
}


def nobody() -> Object:
    """Billing details that nobody has given."""
    return {"address": dict(NOWHERE), "email": None, "name": None, "phone": None, "tax_id": None}


def allowed(params: Params) -> list[str]:
    """The kinds to which a request limits itself. The parameter that did so before went with the
    version endive."""
    if params.texts("payment_method_types"):
        raise Refusal(
            "The payment_method_types parameter is no longer supported; use"
            " allowed_payment_method_types.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )
    return params.texts("allowed_payment_method_types")


def make(world: World, test_id: str, *, customer: str | None = None) -> Object:
    """A payment method of its own that behaves as the test method of that id."""
    test = METHODS[test_id]
    item: Object = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": nobody(),
        "created": world.now(),
        "customer": customer,
        "livemode": False,
        "metadata": {},
        "type": test.kind,
        test.kind: details(test),
    }
    return world.store.put({**item, "_test": test_id})


def details(test: TestMethod) -> Object:
    """What a receipt may say about a payment method."""
    fingerprint = f"fp{test.number[-12:]}"
    if test.kind == BANK:
        return {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "financial_connections_account": None,
            "fingerprint": fingerprint,
            "last4": test.number[-4:],
            "networks": {"preferred": "ach", "supported": ["ach"]},
            "routing_number": "110000000",
            "status_details": None,
        }
    return {
        "brand": test.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": test.brand,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": fingerprint,
        "funding": test.funding,
        "generated_from": None,
        "last4": test.number[-4:],
        "networks": {"available": [test.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def resolve(world: World, id_: str, *, customer: str | None) -> tuple[Object, TestMethod]:
    """The method that a request names: a test id makes a new one. Raises `Refusal`."""
    if (test_id := test_method(id_)) is not None:
        return make(world, test_id), METHODS[test_id]
    item = world.store.get("payment_method", id_)
    if item is None:
        raise unknown("PaymentMethod", id_, "payment_method")
    if item["customer"] is not None and item["customer"] != customer:
        raise Refusal(
            "The provided PaymentMethod cannot be attached. It belongs to another customer.",
            param="payment_method",
        )
    return item, METHODS[item["_test"]]


def create(world: World, params: Params) -> Object:
    """`POST /v1/payment_methods`, as a browser does it: a number never reaches anybody else."""
    kind = params.need("type")
    inner = params.group(kind)
    if kind == "card" and inner is not None:
        test_id = method_of_number(inner.need("number"))
        inner.forget("exp_month", "exp_year", "cvc")
        inner.finish()
    elif kind == BANK and inner is not None:
        test_id = method_of_number(inner.need("account_number"))
        inner.forget("routing_number", "account_holder_type", "account_type")
        inner.finish()
    else:
        raise invalid("type", f"Invalid type: {kind}")
    if test_id is None:
        raise Refusal(
            "Your card was declined. Your request was in test mode, but used a non test card.",
            status=402,
            kind="card_error",
            code="card_declined",
            more={"decline_code": "test_mode_live_card"},
        )
    params.forget("billing_details", "allow_redisplay")
    params.metadata()
    params.finish()
    return make(world, test_id)


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/payment_methods/{id}`."""
    params.finish()
    return world.find("payment_method", id_)


def attach(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/payment_methods/{id}/attach`."""
    customer = params.need("customer")
    params.finish()
    world.find("customer", customer, param="customer")
    item, _ = resolve(world, id_, customer=customer)
    return keep(world, item["id"], customer)


def keep(world: World, id_: str, customer: str) -> Object:
    """Keep a method for a customer."""
    item = world.find("payment_method", id_)
    if item["customer"] == customer:
        return item
    kept = world.store.put({**item, "customer": customer})
    world.emit("payment_method.attached", kept)
    return kept


def detach(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/payment_methods/{id}/detach`."""
    params.finish()
    item = world.find("payment_method", id_)
    if item["customer"] is None:
        raise Refusal(
            "The payment method you provided is not attached to a customer so detachment is"
            " impossible."
        )
    loose = world.store.put({**item, "customer": None})
    world.emit("payment_method.detached", loose, before={"customer": item["customer"]})
    return loose
