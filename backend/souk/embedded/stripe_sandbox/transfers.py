"""Transfers to connected accounts, and reversals of them:
https://docs.stripe.com/connect/separate-charges-and-transfers."""

from souk.embedded.stripe_sandbox import money
from souk.embedded.stripe_sandbox.failures import Refusal
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id
from souk.embedded.stripe_sandbox.world import World


def create(world: World, params: Params) -> Object:
    """`POST /v1/transfers`. With `source_transaction` it may be made before that charge's money is
    available, and never for more than the charge."""
    amount, currency = params.need_whole("amount"), params.need("currency").lower()
    destination = params.need("destination")
    source = params.text("source_transaction")
    item: Object = {
        "id": new_id("tr"),
        "object": "transfer",
        "amount": amount,
        "amount_reversed": 0,
        "balance_transaction": None,
        "created": world.now(),
        "currency": currency,
        "description": params.text("description"),
        "destination": destination,
        "destination_payment": new_id("py"),
        "livemode": False,
        "metadata": params.metadata(),
        "reversed": False,
        "source_transaction": source,
        "source_type": "card",
        "transfer_group": params.text("transfer_group"),
    }
    params.finish()
    if amount <= 0:
        raise Refusal("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    _require_destination(world, destination)
    available_on = None
    if source is None:
        money.require_available(world, None, amount, currency)
    else:
        charge = _require_source(world, source, item)
        item["transfer_group"] = item["transfer_group"] or charge["transfer_group"]
        booked = world.store.get("balance_transaction", charge["balance_transaction"])
        available_on = booked["available_on"] if booked else None
    _book(world, item, available_on)
    item = world.store.put(with_reversals(world, item))
    world.emit("transfer.created", item)
    return item


def _require_destination(world: World, destination: str) -> None:
    account = world.store.get("account", destination)
    if account is None:
        raise Refusal(
            f"No such destination: '{destination}'", code="resource_missing", param="destination"
        )
    if account["capabilities"].get("transfers") != "active":
        raise Refusal(
            "Your destination account needs to have at least one of the following capabilities"
            " enabled: transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )


def _require_source(world: World, source: str, item: Object) -> Object:
    charge = world.find("charge", source, param="source_transaction")
    if charge["status"] != "succeeded":
        raise Refusal(f"Charge {source} has not succeeded", param="source_transaction")
    if charge["currency"] != item["currency"]:
        raise Refusal("The currency must be that of the charge", param="currency")
    sent = sum(
        each["amount"] - each["amount_reversed"] for each in world.store.below("transfer", source)
    )
    if sent + item["amount"] > charge["amount"]:
        raise Refusal(
            f"The transfers of charge {source} would be more than its amount"
            f" ({sent + item['amount']} of {charge['amount']})",
            code="transfer_source_balance_parameters_mismatch",
            param="amount",
        )
    return charge


def _book(world: World, item: Object, available_on: int | None) -> None:
    amount, account = item["amount"], item["destination"]
    booked = money.move(world, "transfer", item, -amount, available_on=available_on)
    item["balance_transaction"] = booked["id"]
    arrived = {**item, "id": item["destination_payment"]}
    money.move(world, "payment", arrived, amount, account=account, available_on=available_on)


def with_reversals(world: World, item: Object) -> Object:
    """A transfer carries the list of what came back of it."""
    return {
        **item,
        "reversals": {
            "object": "list",
            "data": world.store.below("transfer_reversal", item["id"]),
            "has_more": False,
            "url": f"/v1/transfers/{item['id']}/reversals",
        },
    }


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/transfers/{id}`."""
    params.finish()
    return with_reversals(world, world.find("transfer", id_))


def update(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/transfers/{id}`: its description and metadata."""
    item = world.find("transfer", id_)
    item["description"] = params.text("description") or item["description"]
    item["metadata"] = {**item["metadata"], **params.metadata()}
    params.finish()
    item = world.store.put(with_reversals(world, item))
    world.emit("transfer.updated", item)
    return item


def reverse(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/transfers/{id}/reversals`: the account has to have the money."""
    transfer = world.find("transfer", id_)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = params.whole("amount")
    params.forget("refund_application_fee", "description")
    item: Object = {
        "id": new_id("trr"),
        "object": "transfer_reversal",
        "amount": left if amount is None else amount,
        "balance_transaction": None,
        "created": world.now(),
        "currency": transfer["currency"],
        "destination_payment_refund": new_id("pyr"),
        "metadata": params.metadata(),
        "source_refund": None,
        "transfer": id_,
    }
    params.finish()
    if not 0 < item["amount"] <= left:
        raise Refusal(
            f"Reversal amount ({item['amount']}) is greater than unreversed amount on transfer"
            f" ({left})",
            param="amount",
        )
    _take_back(world, transfer, item)
    before = {name: transfer[name] for name in ("amount_reversed", "reversed")}
    transfer["amount_reversed"] += item["amount"]
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    world.store.put(item)
    transfer = world.store.put(with_reversals(world, transfer))
    world.emit("transfer.reversed", transfer, before=before)
    return item


def _take_back(world: World, transfer: Object, item: Object) -> None:
    account = transfer["destination"]
    have = money.balance(world, account)
    sides = [*have["available"], *have["pending"]]
    if (
        sum(each["amount"] for each in sides if each["currency"] == item["currency"])
        < item["amount"]
    ):
        raise Refusal(
            "The connected account does not have sufficient funds in its Stripe balance to cover"
            " this reversal.",
            code="balance_insufficient",
        )
    item["balance_transaction"] = money.move(world, "transfer_refund", item, item["amount"])["id"]
    gone = {**item, "id": item["destination_payment_refund"]}
    money.move(world, "payment_refund", gone, -item["amount"], account=account)
