"""Disputes: https://docs.stripe.com/disputes. Evidence of the text `winning_evidence` or
`losing_evidence` decides one, and `escalate_inquiry_evidence` makes one of an inquiry, as in test
mode."""

from souk.embedded.stripe_sandbox import money
from souk.embedded.stripe_sandbox.cards import BANK
from souk.embedded.stripe_sandbox.failures import Refusal
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id
from souk.embedded.stripe_sandbox.world import World

_DAYS_TO_ANSWER = 7
_TEXTS = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
]
_FILES = [
    "cancellation_policy",
    "customer_communication",
    "customer_signature",
    "duplicate_charge_documentation",
    "receipt",
    "refund_policy",
    "service_documentation",
    "shipping_documentation",
    "uncategorized_file",
]
_NETWORK_CODES = {"fraudulent": "10.4", "product_not_received": "13.1"}


def begin(
    world: World, charge: Object, reason: str, *, amount: int | None = None, inquiry: bool = False
) -> Object:
    """The buyer's bank takes the money back until it has decided, or with an `inquiry` only asks:
    what was not refunded, or an `amount` whatever was. Raises `Refusal`."""
    wanted = amount or charge["amount"] - charge["amount_refunded"]
    is_possible = charge["status"] == "succeeded" and 0 < wanted <= charge["amount"]
    if charge["disputed"] or not is_possible:
        raise Refusal(f"Charge {charge['id']} cannot be disputed.", param="charge")
    item = {
        **_blank(world, charge, reason),
        "amount": wanted,
        "is_charge_refundable": inquiry,
        "status": "warning_needs_response" if inquiry else "needs_response",
    }
    world.store.put({**charge, "disputed": True})
    world.store.put(item)
    world.emit("charge.dispute.created", item)
    return item if inquiry else _withdraw(world, item)


def _blank(world: World, charge: Object, reason: str) -> Object:
    code = _NETWORK_CODES.get(reason, "10.4")
    card = {"brand": "visa", "case_type": "chargeback", "network": "visa"}
    bank = charge["payment_method_details"]["type"] == BANK
    return {
        "id": new_id("du"),
        "object": "dispute",
        "balance_transactions": [],
        "charge": charge["id"],
        "created": world.now(),
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys((*_TEXTS, *_FILES)), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": world.now() + _DAYS_TO_ANSWER * 24 * 3600,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        # A bank debit that is disputed has no network.
        **(
            {}
            if bank
            else {
                "network_reason_code": code,
                "payment_method_details": {
                    "card": {**card, "network_reason_code": code},
                    "type": "card",
                },
            }
        ),
    }


def _withdraw(world: World, item: Object) -> Object:
    taken = money.move(world, "adjustment", item, -item["amount"], fee=money.DISPUTE_FEE)
    item["balance_transactions"] = [taken]
    world.store.put(item)
    world.emit("charge.dispute.funds_withdrawn", item)
    return item


def escalate(world: World, item: Object) -> Object:
    """The bank was not content with the answer to its inquiry. Raises `Refusal`."""
    if not item["status"].startswith("warning_") or item["status"] == "warning_closed":
        raise Refusal("This dispute is no open inquiry", param="id")
    item.update(status="needs_response", is_charge_refundable=False)
    world.store.put(item)
    world.emit("charge.dispute.updated", item)
    return _withdraw(world, item)


def get(world: World, params: Params, id_: str) -> Object:
    """`GET /v1/disputes/{id}`."""
    params.finish()
    return world.find("dispute", id_)


def update(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/disputes/{id}`: evidence, sent to the bank unless `submit` is false."""
    item = _open(world, id_)
    submit = params.text("submit") != "false"
    evidence = params.group("evidence")
    item["metadata"] = {**item["metadata"], **params.metadata()}
    params.finish()
    if evidence is not None:
        for name in (*_TEXTS, *_FILES):
            if (text := evidence.text(name)) is not None:
                item["evidence"][name] = text
        evidence.finish()
        item["evidence_details"]["has_evidence"] = True
    if evidence is not None and submit:
        is_inquiry = item["status"].startswith("warning_")
        item["status"] = "warning_under_review" if is_inquiry else "under_review"
        item["evidence_details"]["submission_count"] += 1
        item["evidence_details"]["submission_method"] = "manual"
    world.store.put(item)
    world.emit("charge.dispute.updated", item)
    return _judge(world, item) if evidence is not None and submit else item


def _judge(world: World, item: Object) -> Object:
    """What the evidence of a test decides at once."""
    match item["evidence"]["uncategorized_text"]:
        case "escalate_inquiry_evidence" if item["status"] == "warning_under_review":
            return escalate(world, item)
        case "winning_evidence" | "losing_evidence" as text:
            return end(world, item, won=text == "winning_evidence")
        case _:
            return item


def close(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/disputes/{id}/close`: the seller gives up."""
    params.finish()
    return end(world, _open(world, id_), won=False)


def end(world: World, item: Object, *, won: bool) -> Object:
    """The bank has decided."""
    if item["status"].startswith("warning_"):
        item["status"] = "warning_closed"
    else:
        item["status"] = "won" if won else "lost"
    if item["status"] == "won":
        back = money.move(world, "adjustment", item, item["amount"], category="dispute_reversal")
        item["balance_transactions"] = [back, *item["balance_transactions"]]
        world.emit("charge.dispute.funds_reinstated", item)
    world.store.put(item)
    world.emit("charge.dispute.closed", item)
    return item


def _open(world: World, id_: str) -> Object:
    item = world.find("dispute", id_)
    if item["status"] in ("won", "lost", "warning_closed"):
        raise Refusal("This dispute is already closed", param="id")
    return item
