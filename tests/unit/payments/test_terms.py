"""The document that states an escrow's terms in full."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest

from souk.core.money import USD, Money
from souk.modules.payments.domain import (
    EscrowOrder,
    OrderTerms,
    TermsLine,
    clocks,
    escrow_fields,
    seal,
    state_terms,
)
from tests.support.account_builders import a_wallet

DAY = 86_400
CONTRACT = a_wallet("escrow").address


def some_terms(**changes) -> OrderTerms:
    fields = {
        "order_id": "ord_1",
        "checkout_id": "chk_1",
        "seller_id": "sel_1",
        "total": Money(2_598, USD),
        "lines": (
            TermsLine(
                listing_id="prd_1",
                title='Fig "jam" \u00e9\u2028\n',
                kind="physical",
                quantity=2,
                unit_price=Money(1_299, USD),
            ),
        ),
        "digital": False,
        "handling_days": 2,
        "transit_days": 7,
    }
    return OrderTerms(**{**fields, **changes})


def an_escrow_order(**changes) -> EscrowOrder:
    fields = {
        "buyer": a_wallet("bruno").address,
        "seller": a_wallet("sofia").address,
        "token": a_wallet("token").address,
        "amount": 2**96 - 1,
        "arbiter": a_wallet("arbiter").address,
        "fee_to": a_wallet("platform").address,
        "fee_bps": 250,
        "silent_bps": 5_000,
        "pay_by": 1_800_000_600,
        "fulfil_by": 1_800_864_000,
        "window": 1_209_600,
    }
    return EscrowOrder(**{**fields, **changes})


def state(salt: str = "00" * 32, **changes):
    return state_terms(
        some_terms(), an_escrow_order(**changes), chain_id=31337, contract=CONTRACT, salt=salt
    )


def test_is_named_by_its_hash() -> None:
    order, document = state()

    assert order.ref == document.ref == "0x" + sha256(document.body.encode()).hexdigest()


def test_leads_to_every_other_field_of_the_order() -> None:
    order, document = state()

    assert json.loads(document.body)["escrow"] == {
        "chain_id": "31337",
        "contract": CONTRACT,
        "order": escrow_fields(order),
    }


def test_says_what_was_bought_and_what_the_seller_promises() -> None:
    said = json.loads(state()[1].body)

    assert said["total"] == {"amount": "2598", "currency": "USD", "exponent": "2"}
    assert said["lines"] == [
        {
            "listing_id": "prd_1",
            "title": some_terms().lines[0].title,
            "kind": "physical",
            "quantity": "2",
            "unit_price": {"amount": "1299", "currency": "USD", "exponent": "2"},
            "images": [],
        }
    ]
    assert said["shipping_promise"] == {
        "delivery": "parcel",
        "handling_days": "2",
        "transit_days": "7",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"buyer": a_wallet("other").address},
        {"amount": 1},
        {"pay_by": 1},
        {"window": 1},
        {"fee_bps": 0},
    ],
    ids=str,
)
def test_is_another_document_when_a_field_differs(change) -> None:
    assert state(**change)[1].ref != state()[1].ref


def test_cannot_be_guessed_without_its_salt() -> None:
    assert state(salt="01" * 32)[1].ref != state()[1].ref


def test_is_canonical_json_of_strings_alone() -> None:
    _order, document = state()

    def leaves(value: object) -> list[object]:
        if isinstance(value, dict):
            return [leaf for item in value.values() for leaf in leaves(item)]
        if isinstance(value, list):
            return [leaf for item in value for leaf in leaves(item)]
        return [value]

    assert {type(leaf) for leaf in leaves(json.loads(document.body))} == {str}
    assert seal(json.loads(document.body)) == document


def test_escapes_what_rfc_8785_escapes_and_nothing_else() -> None:
    sealed = seal({"b": '\u20ac$\u000f\nA\'B"\\\\"/', "a": "\u2028\u00e9"})

    assert sealed.body == '{"a":"\u2028\u00e9","b":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'


def test_gives_the_seller_handling_and_the_buyer_transit_with_a_margin() -> None:
    assert clocks(some_terms(), pay_by=1_000) == (1_000 + 9 * DAY, 14 * DAY)


def test_gives_three_days_when_nothing_is_to_be_fulfilled() -> None:
    digital = some_terms(digital=True, handling_days=None, transit_days=None)

    assert clocks(digital, pay_by=1_000) == (0, 3 * DAY)


def test_leaves_the_order_as_it_was_but_for_its_ref() -> None:
    order, document = state()

    assert replace(order, ref=an_escrow_order().ref) == an_escrow_order()
    assert "parcel" in document.body
