"""Reading what comes from outside."""

import json
from pathlib import Path

import pytest

from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.node import selector
from souk.entrypoints.demo.waiting import StoryFailed, until
from souk.entrypoints.demo.wallet import escrow_id_of

VECTORS = json.loads((Path(__file__).parents[3] / "contracts/test/vectors/orders.json").read_text())


def test_document_names_the_place_when_something_is_missing() -> None:
    document = Document({"orders": [{"id": "ord_1"}]}, "POST /api/orders")
    with pytest.raises(StoryFailed, match="no POST /api/orders/orders/0/total in"):
        document["orders"][0]["total"]


def test_document_reads_an_amount_when_it_is_spelled_as_text() -> None:
    assert Document({"amount": str(2**200)})["amount"].number == 2**200


@pytest.mark.parametrize("value", [None, True, 1.5, "1.5", "", []])
def test_document_refuses_a_number_when_it_is_none(value: object) -> None:
    with pytest.raises(StoryFailed, match="is no number"):
        _ = Document(value).number


def test_document_finds_nothing_when_the_path_ends_early() -> None:
    assert Document({"a": None}).find("a", "b", 0) is None


def test_parse_shows_the_beginning_when_it_is_no_json() -> None:
    with pytest.raises(StoryFailed, match="no JSON: <html>"):
        Document.parse("<html>", "GET /")


def test_until_says_what_it_waited_for_when_time_is_over() -> None:
    with pytest.raises(StoryFailed, match="waited 0 s in vain: rain"):
        until(lambda: None, "rain", seconds=0)


def test_until_takes_zero_for_an_answer() -> None:
    assert until(lambda: 0, "a number", seconds=0) == 0


def test_selector_is_that_of_the_standard() -> None:
    assert selector("transfer(address,uint256)").hex() == "a9059cbb"


@pytest.mark.parametrize("domain", VECTORS["domains"], ids=["local", "mainnet", "other contract"])
def test_escrow_ids_match_the_shared_vectors(domain: dict) -> None:
    ids = [
        escrow_id_of(
            Document(
                {
                    "escrow": {
                        "chain_id": str(domain["chain_id"]),
                        "contract": domain["contract"],
                        "order": order,
                    }
                }
            ),
            order["ref"],
        )
        for order in VECTORS["orders"]
    ]
    assert ids == domain["order_ids"]
