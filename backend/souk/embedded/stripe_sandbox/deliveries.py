"""Webhook endpoints: https://docs.stripe.com/webhooks, and how what they are told is signed."""

import hashlib
import hmac

from souk.adapters.stripe.version import API_VERSION
from souk.embedded.stripe_sandbox.failures import missing
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id, new_secret
from souk.embedded.stripe_sandbox.world import World


def sign(payload: bytes, secret: str, timestamp: int) -> str:
    """The header `Stripe-Signature`."""
    signed = b"%d.%s" % (timestamp, payload)
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def create_endpoint(world: World, params: Params) -> Object:
    """`POST /v1/webhook_endpoints`; the secret is told once."""
    url, events = params.need("url"), params.texts("enabled_events")
    if not events:
        raise missing("enabled_events")
    params.forget("api_version", "connect")
    item: Object = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": world.now(),
        "description": params.text("description"),
        "enabled_events": events,
        "livemode": False,
        "metadata": params.metadata(),
        "status": "enabled",
        "url": url,
    }
    params.finish()
    secret = f"whsec_{new_secret(32)}"
    world.store.put({**item, "_secret": secret})
    world.look_at_endpoints_again()
    return {**item, "secret": secret}


def delete_endpoint(world: World, params: Params, id_: str) -> Object:
    """`DELETE /v1/webhook_endpoints/{id}`."""
    params.finish()
    world.find("webhook_endpoint", id_)
    world.store.remove(id_)
    world.look_at_endpoints_again()
    world.store.database.execute("DELETE FROM delivery WHERE endpoint = ?", (id_,))
    return {"id": id_, "object": "webhook_endpoint", "deleted": True}


def given_endpoint(world: World, url: str, secret: str) -> None:
    """The endpoint that the sandbox is started with; it replaces that of an earlier start."""
    found, _ = world.store.page("webhook_endpoint", account=None, limit=100)
    former = next((each for each in found if each.get("_given")), None)
    item = former or {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": world.now(),
        "description": "given at the start",
        "enabled_events": ["*"],
        "livemode": False,
        "metadata": {},
        "status": "enabled",
    }
    with world.store.transaction():
        world.store.put({**item, "url": url, "_secret": secret, "_given": True})
    world.look_at_endpoints_again()
