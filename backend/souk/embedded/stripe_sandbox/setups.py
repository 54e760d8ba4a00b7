"""SetupIntents: keep a payment method for later without a payment."""

from souk.embedded.stripe_sandbox import methods
from souk.embedded.stripe_sandbox.cards import BANK, code_of, message_of
from souk.embedded.stripe_sandbox.failures import Refusal, invalid
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id, new_secret
from souk.embedded.stripe_sandbox.world import World, require_client_secret, shown

_NOTHING = [
    "application",
    "cancellation_reason",
    "customer",
    "description",
    "last_setup_error",
    "latest_attempt",
    "mandate",
    "next_action",
    "on_behalf_of",
    "payment_method",
    "payment_method_configuration_details",
    "single_use_mandate",
]


def create(world: World, params: Params) -> Object:
    """`POST /v1/setup_intents`."""
    id_ = new_id("seti")
    customer = params.text("customer")
    kinds = methods.allowed(params)
    params.forget("automatic_payment_methods")
    item: Object = {
        "id": id_,
        "object": "setup_intent",
        **dict.fromkeys(_NOTHING),
        "automatic_payment_methods": None
        if kinds
        else {"allow_redirects": "always", "enabled": True},
        "client_secret": f"{id_}_secret_{new_secret(25)}",
        "created": world.now(),
        "description": params.text("description"),
        "livemode": False,
        "metadata": params.metadata(),
        "payment_method_options": {"card": {"mandate_options": None, "network": None}},
        "payment_method_types": kinds or ["card", BANK],
        "status": "requires_payment_method",
        "usage": params.choice("usage", "on_session", "off_session") or "off_session",
    }
    method = params.need("payment_method") if params.flag("confirm") else None
    return_url = _confirmation(params)
    params.finish()
    if customer is not None:
        item["customer"] = world.find("customer", customer, param="customer")["id"]
    world.store.put(item)
    world.emit("setup_intent.created", item)
    return item if method is None else _confirm(world, item, method, return_url)


def _confirmation(params: Params) -> str | None:
    params.forget("mandate_data", "use_stripe_sdk")
    return params.text("return_url")


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/setup_intents/{id}`; a browser has to know the client secret."""
    item = world.find("setup_intent", id_)
    require_client_secret(world, item, params)
    params.finish()
    return item


def confirm(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/setup_intents/{id}/confirm`."""
    item = world.find("setup_intent", id_)
    require_client_secret(world, item, params)
    method, return_url = params.need("payment_method"), _confirmation(params)
    params.finish()
    if item["status"] not in ("requires_payment_method", "requires_action"):
        raise Refusal(
            f"This SetupIntent's status is {item['status']}; it cannot be confirmed.",
            code="setup_intent_unexpected_state",
            more={"setup_intent": shown(item)},
        )
    return _confirm(world, item, method, return_url)


def _confirm(world: World, item: Object, method: str, return_url: str | None) -> Object:
    """A bank account is verified at once, as if its owner had signed in there."""
    chosen, test = methods.resolve(world, method, customer=item["customer"])
    if test.kind not in item["payment_method_types"]:
        raise invalid("payment_method", f"This SetupIntent does not take {test.kind}")
    item["payment_method"] = chosen["id"]
    if test.decline is not None and test.kind != BANK:
        return _fail(world, item, test.decline)
    if not test.authenticate:
        return _succeed(world, item)
    page = f"{world.settings.url}/sandbox/authenticate/{item['id']}"
    redirect = {"return_url": return_url, "url": page}
    action = {"type": "redirect_to_url", "redirect_to_url": redirect}
    item.update(status="requires_action", next_action=action)
    world.store.put(item)
    world.emit("setup_intent.requires_action", item)
    return item


def authenticate(world: World, item: Object, *, passed: bool) -> Object:
    """The buyer has answered the bank."""
    item["next_action"] = None
    return _succeed(world, item) if passed else _fail(world, item, "authentication_required")


def _succeed(world: World, item: Object) -> Object:
    item.update(status="succeeded", last_setup_error=None)
    if item["customer"] is not None:
        methods.keep(world, item["payment_method"], item["customer"])
    world.store.put(item)
    world.emit("setup_intent.succeeded", item)
    return item


def _fail(world: World, item: Object, decline: str) -> Object:
    error = {"type": "card_error", "code": code_of(decline), "decline_code": decline}
    item.update(
        status="requires_payment_method",
        payment_method=None,
        last_setup_error={**error, "message": message_of(decline)},
    )
    world.store.put(item)
    world.emit("setup_intent.setup_failed", item)
    item["_declined"] = True
    return item


def cancel(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/setup_intents/{id}/cancel`."""
    item = world.find("setup_intent", id_)
    reason = params.choice("cancellation_reason", "abandoned", "duplicate", "requested_by_customer")
    params.finish()
    if item["status"] in ("succeeded", "canceled"):
        raise Refusal("This SetupIntent cannot be canceled.", code="setup_intent_unexpected_state")
    item.update(status="canceled", cancellation_reason=reason, next_action=None)
    world.store.put(item)
    world.emit("setup_intent.canceled", item)
    return item
