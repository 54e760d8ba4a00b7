"""Disputes: https://docs.stripe.com/disputes. Evidence of the text `winning_evidence` or
`losing_evidence` decides one, as in test mode."""

from souk.embedded.stripe_sandbox import money
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


def begin(world: World, charge: Object, reason: str) -> Object:
    """The buyer's bank takes the money back until it has decided."""
    if charge["disputed"] or charge["status"] != "succeeded":
        raise Refusal(f"Charge {charge['id']} cannot be disputed.", param="charge")
    amount = charge["amount"] - charge["amount_refunded"]
    item: Object = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
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
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "network_reason_code": _NETWORK_CODES.get(reason, "10.4"),
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "chargeback",
                "network": "visa",
                "network_reason_code": _NETWORK_CODES.get(reason, "10.4"),
            },
            "type": "card",
        },
        "reason": reason,
        "status": "needs_response",
    }
    world.emit("charge.dispute.created", item)
    taken = money.move(world, "adjustment", item, -amount, fee=money.DISPUTE_FEE)
    item["balance_transactions"] = [taken]
    world.store.put(item)
    world.store.put({**charge, "disputed": True})
    world.emit("charge.dispute.funds_withdrawn", item)
    return item


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
        item["status"] = "under_review"
        item["evidence_details"]["submission_count"] += 1
        item["evidence_details"]["submission_method"] = "manual"
    world.store.put(item)
    world.emit("charge.dispute.updated", item)
    text = item["evidence"]["uncategorized_text"]
    if item["status"] == "under_review" and text in ("winning_evidence", "losing_evidence"):
        end(world, item, won=text == "winning_evidence")
    return item


def close(world: World, params: Params, id_: str) -> Object:
    """`POST /v1/disputes/{id}/close`: the seller gives up."""
    params.finish()
    return end(world, _open(world, id_), won=False)


def end(world: World, item: Object, *, won: bool) -> Object:
    """The bank has decided."""
    item["status"] = "won" if won else "lost"
    if won:
        back = money.move(world, "adjustment", item, item["amount"], category="dispute_reversal")
        item["balance_transactions"] = [back, *item["balance_transactions"]]
        world.emit("charge.dispute.funds_reinstated", item)
    world.store.put(item)
    world.emit("charge.dispute.closed", item)
    return item


def _open(world: World, id_: str) -> Object:
    item = world.find("dispute", id_)
    if item["status"] in ("won", "lost"):
        raise Refusal("This dispute is already closed", param="id")
    return item
