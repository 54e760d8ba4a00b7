"""Customers: whom payment methods are kept for."""

from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id, new_secret
from souk.embedded.stripe_sandbox.world import World


def create(world: World, params: Params) -> Object:
    """`POST /v1/customers`."""
    item: Object = {
        "id": new_id("cus", 14),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": world.now(),
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": params.text("description"),
        "email": params.text("email"),
        "invoice_prefix": new_secret(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": params.metadata(),
        "name": params.text("name"),
        "phone": params.text("phone"),
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    params.finish()
    world.store.put(item)
    world.emit("customer.created", item)
    return item


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/customers/{id}`."""
    params.finish()
    return world.find("customer", id_)


def update(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/customers/{id}`."""
    item = world.find("customer", id_)
    before = {name: item[name] for name in ("description", "email", "name", "phone")}
    for name in before:
        if (value := params.text(name)) is not None:
            item[name] = value
    item["metadata"] = {**item["metadata"], **params.metadata()}
    params.finish()
    world.store.put(item)
    world.emit("customer.updated", item, before=before)
    return item


def delete(world: World, params: Params, id_: str) -> Object:
    """`DELETE /v1/customers/{id}`: nothing can be charged any more that was kept for them."""
    params.finish()
    item = world.find("customer", id_)
    kept, _ = world.store.page("payment_method", account=None, limit=100, where={"customer": [id_]})
    for method in kept:
        world.store.put({**method, "customer": None})
    world.store.remove(id_)
    world.emit("customer.deleted", item)
    return {"id": id_, "object": "customer", "deleted": True}
