"""Lists: newest first, by cursor, filtered as the API reference names the filters."""

from souk.embedded.stripe_sandbox import money, transfers
from souk.embedded.stripe_sandbox.failures import invalid, unknown
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object
from souk.embedded.stripe_sandbox.world import World

# For each path the kind of its objects, and the fields by which they can be chosen.
LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "payment_intents": ("payment_intent", ("customer",)),
    "charges": ("charge", ("customer", "payment_intent", "transfer_group")),
    "refunds": ("refund", ("charge", "payment_intent")),
    "transfers": ("transfer", ("destination", "transfer_group")),
    "disputes": ("dispute", ("charge", "payment_intent")),
    "balance_transactions": ("balance_transaction", ("type", "source", "currency")),
    "events": ("event", ("type",)),
    "setup_intents": ("setup_intent", ("customer", "payment_method")),
    "payment_methods": ("payment_method", ("customer", "type")),
    "payouts": ("payout", ("status", "destination")),
    "customers": ("customer", ("email",)),
    "accounts": ("account", ()),
    "webhook_endpoints": ("webhook_endpoint", ()),
}
_PAGE = 10
_PAGE_AT_MOST = 100
_EVENTS_SECONDS = 30 * 24 * 3600


def page(world: World, params: Params, path: str) -> Object:
    """`GET /v1/{path}`."""
    kind, fields = LISTS[path]
    where = {name: [text] for name in fields if (text := params.text(name)) is not None}
    if kind == "event" and (types := params.texts("types")):
        where["type"] = types
    return _page(world, params, kind, path, where)


def methods_of(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/customers/{id}/payment_methods`."""
    world.find("customer", id_)
    where = {"customer": [id_]}
    if (kind := params.text("type")) is not None:
        where["type"] = [kind]
    return _page(world, params, "payment_method", f"customers/{id_}/payment_methods", where)


def reversals_of(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/transfers/{id}/reversals`."""
    world.find("transfer", id_)
    path = f"transfers/{id_}/reversals"
    return _page(world, params, "transfer_reversal", path, {"transfer": [id_]})


def _page(
    world: World, params: Params, kind: str, path: str, where: dict[str, list[str]]
) -> Object:
    limit = params.whole("limit") or _PAGE
    if not 1 <= limit <= _PAGE_AT_MOST:
        raise invalid("limit", "Invalid limit: from 1 to 100")
    created = _created(params)
    after, before = params.text("starting_after"), params.text("ending_before")
    params.finish()
    for cursor, name in ((after, "starting_after"), (before, "ending_before")):
        if cursor is not None:
            world.find(kind, cursor, param=name)
    if kind == "event":
        created["gte"] = max(created.get("gte", 0), _first_event(world))
    found, more = world.store.page(
        kind,
        account=world.call.account if world.call else None,
        limit=limit,
        where=where,
        created=created,
        after=after,
        before=before,
    )
    if kind == "event":
        found = _with_pending(world, found)
    data = [_seen(world, each) for each in found]
    return {"object": "list", "data": data, "has_more": more, "url": f"/v1/{path}"}


def _first_event(world: World) -> int:
    """Events are told of for 30 days."""
    return world.now() - _EVENTS_SECONDS


def _created(params: Params) -> dict[str, int]:
    """A range, or an instant."""
    if params.is_text("created"):
        instant = params.need_whole("created")
        return {"gte": instant, "lte": instant}
    group = params.group("created")
    if group is None:
        return {}
    times = {name: group.whole(name) for name in ("gt", "gte", "lt", "lte")}
    group.finish()
    return {name: time for name, time in times.items() if time is not None}


def _seen(world: World, item: Object) -> Object:
    if item["object"] == "transfer":
        return transfers.with_reversals(world, item)
    return world.present(item)


def _with_pending(world: World, events: list[Object]) -> list[Object]:
    """An event says how many endpoints have not taken it yet."""
    marks = ", ".join("?" * len(events))
    rows = world.store.database.execute(
        f"SELECT event, COUNT(*) FROM delivery WHERE event IN ({marks}) GROUP BY 1",  # noqa: S608
        [each["id"] for each in events],
    )
    pending = dict(rows.fetchall())
    return [{**each, "pending_webhooks": pending.get(each["id"], 0)} for each in events]


def get_event(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/events/{id}`."""
    params.finish()
    item = world.find("event", id_)
    if item["created"] < _first_event(world):
        raise unknown("event", id_)
    return _with_pending(world, [item])[0]


def get_transaction(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/balance_transactions/{id}`."""
    params.finish()
    return world.present(world.find("balance_transaction", id_))


def get_balance(world: World, params: Params) -> Object:
    """`GET /v1/balance`."""
    params.finish()
    return money.balance(world, world.call.account if world.call else None)
