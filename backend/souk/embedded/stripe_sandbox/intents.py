"""PaymentIntents: https://docs.stripe.com/payments/paymentintents/lifecycle."""

from souk.embedded.stripe_sandbox import charges, disputes, methods
from souk.embedded.stripe_sandbox.cards import BANK, CARD, METHODS, TestMethod
from souk.embedded.stripe_sandbox.failures import Refusal, invalid
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.methods import NOWHERE
from souk.embedded.stripe_sandbox.store import Object, new_id, new_secret
from souk.embedded.stripe_sandbox.world import World, require_client_secret, shown

_LEAST_CENTS = 50
_MOST_CENTS = 99_999_999
_OPEN = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})
_KINDS = ("card", BANK)


def create(world: World, params: Params) -> Object:
    """`POST /v1/payment_intents`."""
    id_ = new_id("pi")
    kinds = methods.allowed(params)
    automatic = params.group("automatic_payment_methods")
    if kinds and automatic is not None:
        raise invalid(
            "allowed_payment_method_types", "You may only specify one of these parameters"
        )
    enabled = not kinds
    if automatic is not None:
        enabled = automatic.flag("enabled")
        automatic.choice("allow_redirects", "always", "never")
    if not set(kinds) <= set(_KINDS):
        raise invalid("allowed_payment_method_types", f"The payment method types are {_KINDS}")
    item: Object = {
        **_blank(world, id_),
        "amount": _amount(params.need_whole("amount")),
        "currency": _currency(params.need("currency")),
        "automatic_payment_methods": {"allow_redirects": "always", "enabled": True}
        if enabled
        else None,
        "capture_method": params.choice("capture_method", "automatic", "automatic_async")
        or "automatic_async",
        "payment_method_types": kinds or list(_KINDS),
    }
    confirm = params.flag("confirm")
    method = params.text("payment_method")
    settings = _confirmation(params) if confirm else {}
    _describe(world, item, params)
    params.finish()
    if method is not None:
        _choose(world, item, method)
    world.store.put(item)
    world.emit("payment_intent.created", item)
    return _confirm(world, item, settings) if confirm else item


def _blank(world: World, id_: str) -> Object:
    nothing = (
        "application application_fee_amount canceled_at cancellation_reason customer description"
        " last_payment_error latest_charge next_action on_behalf_of payment_method"
        " payment_method_configuration_details processing receipt_email review setup_future_usage"
        " shipping source statement_descriptor statement_descriptor_suffix transfer_data"
        " transfer_group"
    )
    return {
        "id": id_,
        "object": "payment_intent",
        **dict.fromkeys(nothing.split()),
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "client_secret": f"{id_}_secret_{new_secret(25)}",
        "confirmation_method": "automatic",
        "created": world.now(),
        "livemode": False,
        "metadata": {},
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "status": "requires_payment_method",
    }


def _amount(amount: int) -> int:
    if amount < _LEAST_CENTS:
        raise Refusal("Amount must be at least $0.50 usd", code="amount_too_small", param="amount")
    if amount > _MOST_CENTS:
        raise Refusal(
            "Amount must be no more than $999,999.99", code="amount_too_large", param="amount"
        )
    return amount


def _currency(code: str) -> str:
    if len(code) != 3 or not code.isalpha():
        raise invalid("currency", f"Invalid currency: {code[:20]}")
    return code.lower()


def _describe(world: World, item: Object, params: Params) -> None:
    """What does not decide about the payment."""
    if (customer := params.text("customer")) is not None:
        item["customer"] = world.find("customer", customer, param="customer")["id"]
    for name in (
        *("description", "receipt_email", "transfer_group", "statement_descriptor_suffix"),
        *("on_behalf_of",),
    ):
        if (value := params.text(name)) is not None:
            item[name] = value
    kept = params.choice("setup_future_usage", "on_session", "off_session")
    if kept is not None:
        item["setup_future_usage"] = kept
    if (options := params.group("payment_method_options")) is not None:
        _set_options(item, options)
    if (shipping := params.group("shipping")) is not None:
        item["shipping"] = _shipping(shipping)
    item["metadata"] = {**item["metadata"], **params.metadata()}


def _set_options(item: Object, given: Params) -> None:
    """A card may be asked for 3-D Secure that would not need it."""
    if (card := given.group("card")) is not None:
        wish = card.choice("request_three_d_secure", "any", "automatic", "challenge")
        card.finish()
        item["payment_method_options"] = {"card": {"request_three_d_secure": wish or "automatic"}}
    given.forget(BANK)
    given.finish()


def _shipping(given: Params) -> Object:
    address = given.group("address") or Params({})
    item = {
        "address": {name: address.text(name) for name in NOWHERE},
        **{name: given.text(name) for name in ("carrier", "name", "phone", "tracking_number")},
    }
    address.finish()
    given.finish()
    return item


def _confirmation(params: Params) -> Object:
    """Parameters that only a confirmation takes."""
    params.forget("mandate_data", "use_stripe_sdk", "error_on_requires_action", "radar_options")
    return {"return_url": params.text("return_url"), "off_session": params.flag("off_session")}


def _choose(world: World, item: Object, method: str) -> None:
    chosen, test = methods.resolve(world, method, customer=item["customer"])
    if test.kind not in item["payment_method_types"]:
        raise invalid("payment_method", f"This PaymentIntent does not take {test.kind}")
    item["payment_method"] = chosen["id"]
    item["status"] = "requires_confirmation"


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/payment_intents/{id}`; a browser has to know the client secret."""
    item = world.find("payment_intent", id_)
    require_client_secret(world, item, params)
    params.finish()
    return item


def update(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/payment_intents/{id}`."""
    item = world.find("payment_intent", id_)
    amount, method = params.whole("amount"), params.text("payment_method")
    if (amount or method) and item["status"] not in _OPEN:
        raise _unexpected(item, "updated")
    _describe(world, item, params)
    params.finish()
    if amount is not None:
        item["amount"] = _amount(amount)
    if method is not None:
        _choose(world, item, method)
    return world.store.put(item)


def confirm(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/payment_intents/{id}/confirm`."""
    item = world.find("payment_intent", id_)
    require_client_secret(world, item, params)
    if item["status"] not in _OPEN:
        raise _unexpected(item, "confirmed")
    method = params.text("payment_method")
    settings = _confirmation(params)
    params.finish()
    if method is not None:
        _choose(world, item, method)
    return _confirm(world, item, settings)


def _confirm(world: World, item: Object, settings: Object) -> Object:
    if item["payment_method"] is None:
        raise Refusal(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            more={"payment_intent": shown(item)},
        )
    _, test = methods.resolve(world, item["payment_method"], customer=item["customer"])
    item.update(last_payment_error=None, next_action=None)
    if test.authenticate or _wants_authentication(item, test):
        if settings["off_session"]:
            return decline(world, item, "authentication_required")
        return _ask(world, item, settings["return_url"])
    return charge(world, item, test)


def _wants_authentication(item: Object, test: TestMethod) -> bool:
    wish = item["payment_method_options"]["card"]["request_three_d_secure"]
    return test.kind == CARD and wish != "automatic"


def _ask(world: World, item: Object, return_url: str | None) -> Object:
    """3-D Secure: the bank wants to see the buyer first."""
    page = f"{world.settings.url}/sandbox/authenticate/{item['id']}"
    if return_url is None:
        action: Object = {"type": "use_stripe_sdk", "use_stripe_sdk": {"stripe_js": page}}
    else:
        redirect = {"return_url": return_url, "url": page}
        action = {"type": "redirect_to_url", "redirect_to_url": redirect}
    item.update(status="requires_action", next_action=action)
    world.store.put(item)
    world.emit("payment_intent.requires_action", item)
    return item


def authenticate(world: World, item: Object, *, passed: bool) -> Object:
    """The buyer has answered the bank."""
    if item["status"] != "requires_action":
        raise _unexpected(item, "authenticated")
    item["next_action"] = None
    if not passed:
        return fail(
            world,
            item,
            code="payment_intent_authentication_failure",
            message="The provided PaymentMethod has failed authentication. You can provide"
            " payment_method_data or a new PaymentMethod to attempt to fulfill this"
            " PaymentIntent again.",
        )
    _, test = methods.resolve(world, item["payment_method"], customer=item["customer"])
    return charge(world, item, test)


def charge(world: World, item: Object, test: TestMethod) -> Object:
    """Take the money, or begin to: a bank answers days later."""
    if test.kind == BANK:
        made = charges.pending(world, item)
        item.update(status="processing", latest_charge=made["id"])
        world.store.put(item)
        world.emit("payment_intent.processing", item)
        world.emit("charge.pending", made)
        if test.answers:
            world.wake_later("bank", item["id"], world.settings.bank_seconds)
        return item
    if test.decline is not None:
        return decline(world, item, test.decline)
    made = charges.succeed(world, charges.pending(world, item), at_once=test.at_once)
    return succeed(world, item, made, test)


def succeed(world: World, item: Object, made: Object, test: TestMethod) -> Object:
    """The money is there."""
    item.update(status="succeeded", amount_received=item["amount"], latest_charge=made["id"])
    world.store.put(item)
    if item["customer"] is not None and item["setup_future_usage"] is not None:
        methods.keep(world, item["payment_method"], item["customer"])
    world.emit("charge.succeeded", made)
    world.emit("payment_intent.succeeded", item)
    if test.disputed is not None:
        disputes.begin(world, made, test.disputed, inquiry=test.inquiry)
    return item


def bank_answers(world: World, id_: str) -> None:
    """What a bank debit comes to."""
    item = world.store.get("payment_intent", id_)
    if item is None or item["status"] != "processing":
        return
    _, test = methods.resolve(world, item["payment_method"], customer=item["customer"])
    made = world.find("charge", item["latest_charge"])
    if test.decline is None:
        succeed(world, item, charges.succeed(world, made, at_once=False), test)
        return
    made = charges.fail(world, made, test.decline)
    world.emit("charge.failed", made)
    _leave(world, item, charges.error_of(made, test.decline))


def decline(world: World, item: Object, code: str) -> Object:
    """The issuer has said no; answers as the API does, with the intent inside the error."""
    made = charges.fail(world, charges.pending(world, item), code)
    item["latest_charge"] = made["id"]
    world.emit("charge.failed", made)
    return _leave(world, item, charges.error_of(made, code))


def fail(world: World, item: Object, *, code: str, message: str) -> Object:
    """An attempt without a charge has failed."""
    return _leave(world, item, {"type": "invalid_request_error", "code": code, "message": message})


def _leave(world: World, item: Object, error: Object) -> Object:
    """Back to where another method can be tried."""
    used = world.find("payment_method", item["payment_method"])
    item.update(
        status="requires_payment_method",
        last_payment_error={**error, "payment_method": shown(used)},
        payment_method=None,
        next_action=None,
    )
    world.store.put(item)
    world.emit("payment_intent.payment_failed", item)
    item["_declined"] = True
    return item


def cancel(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/payment_intents/{id}/cancel`."""
    item = world.find("payment_intent", id_)
    reason = params.choice(
        "cancellation_reason", "abandoned", "duplicate", "fraudulent", "requested_by_customer"
    )
    params.finish()
    if item["status"] not in _OPEN:
        _call_off(world, item)
    item.update(
        status="canceled",
        canceled_at=world.now(),
        cancellation_reason=reason,
        next_action=None,
    )
    world.store.put(item)
    world.emit("payment_intent.canceled", item)
    return item


def _call_off(world: World, item: Object) -> None:
    """A debit can be stopped as long as the bank says nothing. Raises `Refusal`."""
    made = world.find("charge", item["latest_charge"]) if item["latest_charge"] else None
    if item["status"] != "processing" or made is None or METHODS[made["_test"]].answers:
        raise _unexpected(item, "canceled")
    world.emit("charge.failed", charges.fail(world, made, "debit_not_authorized"))


def _unexpected(item: Object, what: str) -> Refusal:
    return Refusal(
        f"This PaymentIntent's status is {item['status']}; it cannot be {what}.",
        code="payment_intent_unexpected_state",
        more={"payment_intent": shown(item)},
    )
