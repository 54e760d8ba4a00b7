"""What is refused, and what everybody may see."""

from http import HTTPStatus

from souk.entrypoints.demo.checks.check import Check, about, holds, same
from souk.entrypoints.demo.evidence import Door

_STORY = "at the door"
_PROBLEM = "application/problem+json"

REFUSALS = {
    "signs in again with a used nonce": "422 nonce_unusable",
    "signs in with another's key": "422 signature_mismatch",
    "signs in for another chain": "422 wrong_chain",
    "sends a token nobody was given": "401 session_ended",
    "reads an order without a session": "401 sign_in_required",
    "reads another's order": "404 no_such_order",
    "ships another's order": "404 no_such_order",
    "reads another's terms": "404 no_such_order",
    "lists another's purchases": "403 not_yours",
    "forges a timeline key": "404 timeline_link_invalid",
    "opens a stream without a key": "404 no_such_order",
    "releases as the seller": "403 not_your_part",
    "ships what is completed": "409 illegal_transition",
    "orders what is sold out": "409 listing_sold_out",
    "orders more than there is": "409 listing_sold_out",
    "orders what does not exist": "404 listing_not_found",
    "orders nothing": "422 empty_cart",
    "orders without an idempotency key": "422 idempotency_key_required",
    "pays on an unknown chain": "422 method_unavailable",
    "pays with an unknown token": "422 method_unavailable",
    "pays from an unproved wallet": "422 payer_wallet_unproved",
    "pays from a mistyped wallet": "422 malformed_address",
    "sends a NUL character": "422 invalid_request",
    "sends half a document": "422 invalid_request",
    "sends a field nobody knows": "422 invalid_request",
    "sends more than a megabyte": "413 body_too_large",
    "asks for an id that is none": "404 unknown_id",
    "asks for a price past 2^256": "422 invalid_request",
}
_PAGES = {
    "home": "text/html",
    "listing": "text/html",
    "reference": "text/html",
    "openapi": "application/json",
    "ready": "application/json",
    "live": "application/json",
    "config": "application/json",
    "product": "application/json",
    "products": "application/json",
}


def _refused(name: str) -> Check:
    (check,) = about(
        _STORY,
        lambda e: e.door,
        (f"who {name} is refused", lambda e: same(e.answers[name].brief, REFUSALS[name])),
    )
    return check


def _served(name: str) -> Check:
    def rule(seen: Door) -> str:
        page = seen.pages[name]
        kind = page.headers.get("content-type", "").partition(";")[0]
        return same((page.status, kind), (HTTPStatus.OK, _PAGES[name]))

    (check,) = about(_STORY, lambda e: e.door, (f"the page {name} is served", rule))
    return check


def _explained(seen: Door) -> str:
    silent = [
        name
        for name, answer in seen.answers.items()
        if answer.headers.get("content-type") != _PROBLEM
        or not answer.document.find("detail")
        or not answer.document.find("instance")
    ]
    return same(silent, [])


def _written(seen: Door) -> str:
    return same(seen.orders_after, seen.orders_before)


CHECKS = (
    *(_refused(name) for name in REFUSALS),
    *(_served(name) for name in _PAGES),
    *about(
        _STORY,
        lambda e: e.door,
        ("every refusal is a problem document that explains itself", _explained),
        ("what is refused leaves no order behind", _written),
        (
            "a conflict says what is possible instead",
            lambda e: holds(
                isinstance(e.answers["ships what is completed"].document.find("allowed"), list),
                e.answers["ships what is completed"].body,
            ),
        ),
    ),
)
