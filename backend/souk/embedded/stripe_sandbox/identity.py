"""VerificationSessions: whether people are who they say (https://docs.stripe.com/identity). Whoever
opens the address of one may say what comes of their document."""

from souk.embedded.stripe_sandbox.failures import Refusal, missing
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id, new_secret
from souk.embedded.stripe_sandbox.world import World

KIND = "identity.verification_session"
FAILURES = {
    "document_unverified_other": "The document could not be verified.",
    "document_expired": "The provided identity document has expired.",
    "document_type_not_supported": "The provided document type is not supported.",
    "consent_declined": "The user has declined to be verified.",
    "under_supported_age": "The user is under the age of majority.",
}
"""What may go wrong, by its code."""

_NOTHING = [
    "client_reference_id",
    "last_error",
    "last_verification_report",
    "provided_details",
    "redaction",
    "related_customer",
    "related_customer_account",
]


def create(world: World, params: Params) -> Object:
    """`POST /v1/identity/verification_sessions`."""
    kind = params.choice("type", "document", "id_number")
    if kind is None:
        raise missing("type")
    id_ = new_id("vs")
    item: Object = {
        "id": id_,
        "object": KIND,
        **dict.fromkeys(_NOTHING),
        "client_reference_id": params.text("client_reference_id"),
        "client_secret": f"{id_}_secret_{new_secret(25)}",
        "created": world.now(),
        "livemode": False,
        "metadata": params.metadata(),
        "options": {kind: {}},
        "status": "requires_input",
        "type": kind,
        "url": _url(world, id_),
        "_return_url": params.text("return_url"),
    }
    params.forget("options", "provided_details", "related_customer")
    params.finish()
    world.store.put(item)
    world.emit(f"{KIND}.created", item)
    return item


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/identity/verification_sessions/{id}`."""
    params.finish()
    return world.find(KIND, id_)


def cancel(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/identity/verification_sessions/{id}/cancel`: nothing can be handed in any more."""
    params.finish()
    item = world.find(KIND, id_)
    if item["status"] == "canceled":
        return item
    _require_input(item)
    return _move(world, item, "canceled")


def hand_in(world: World, id_: str, failure: str | None) -> Object:
    """A document that will do, or that will fail in this way: known after a while."""
    item = world.find(KIND, id_)
    _require_input(item)
    item.update(last_error=None, _failure=failure)
    world.wake_later("identity", id_, world.settings.bank_seconds)
    return _move(world, item, "processing")


def answer(world: World, id_: str) -> None:
    """The document has been looked at."""
    item = world.find(KIND, id_)
    failure = item["_failure"]
    item["last_verification_report"] = new_id("vr")
    if failure is None:
        _move(world, item, "verified")
        return
    item["last_error"] = {"code": failure, "reason": FAILURES[failure]}
    _move(world, item, "requires_input")


def _move(world: World, item: Object, status: str) -> Object:
    """Who has nothing to hand in is given no address."""
    waits = status == "requires_input"
    secret = f"{item['id']}_secret_{new_secret(25)}" if waits else None
    url = _url(world, item["id"]) if waits else None
    item.update(status=status, client_secret=secret, url=url)
    world.store.put(item)
    world.emit(f"{KIND}.{status}", item)
    return item


def _require_input(item: Object) -> None:
    if item["status"] != "requires_input":
        raise Refusal(
            f"This VerificationSession is {item['status']}; it has to require input for this.",
            code="session_status_invalid",
        )


def _url(world: World, id_: str) -> str:
    return f"{world.settings.url}/sandbox/identity/{id_}"
