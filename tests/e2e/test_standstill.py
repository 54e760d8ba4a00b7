"""The chain's node stops in the midst of everything: stores are edited and cards are charged all
the same, whoever asks about names is told so in time, and afterwards everything goes on."""

import io
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import ceil

import pytest

from souk.adapters.evm.presence import AT_ONE_CHAIN, AWAY_FOR
from souk.entrypoints.demo.checks import CHECKS, judge
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.evidence import ByCard, Evidence
from souk.entrypoints.demo.narrator import Narrator
from souk.entrypoints.demo.place import find_place
from souk.entrypoints.demo.play import enter
from souk.entrypoints.demo.stories import named, released
from souk.entrypoints.demo.world import World
from tests.support.kill_parts import KillParts
from tests.support.standstill import (
    ANVIL,
    Told,
    Traded,
    ask_about_a_name,
    buy_in_a_crowd,
    gone,
    is_followed,
    trade,
)
from tests.support.waiting import eventually
from tests.support.whole_stack import WholeStack

A_MINUTE = 60
# A node is waited for for two seconds; the rest is for a machine that is busy.
ANSWER_SECONDS = 6
API_PROCESSES = 2


@dataclass(frozen=True)
class Stood:
    """A chain that stood still, and what happened meanwhile."""

    world: World
    name: str
    traded: Traded
    told: Told
    bought_in_a_crowd: ByCard
    crowd: list[Document]
    crowd_seconds: float


@pytest.fixture(scope="module")
def parts(whole_stack: WholeStack) -> KillParts:
    return KillParts(whole_stack.occupant.pid)


@pytest.fixture(scope="module")
def world(whole_stack: WholeStack) -> Iterator[World]:
    """People with stores that can be paid by card, and one that shows a name."""
    place = find_place({}, whole_stack.state)
    assert place is not None
    with enter(place, Narrator(io.StringIO())) as entered:
        entered.accept_cards()
        yield entered


@pytest.fixture(scope="module")
def name(world: World) -> str:
    """What the first store shows."""
    return named.play(world).name


@pytest.fixture(scope="module")
def stood(world: World, name: str, parts: KillParts) -> Stood:
    """The node's process is stopped, and goes on when everything else is done."""
    with parts.frozen(ANVIL):
        begun = time.monotonic()
        bought, crowd = buy_in_a_crowd(world, name)
        crowd_seconds = time.monotonic() - begun
        told = ask_about_a_name(world, name)
        traded = trade(world)
    return Stood(world, name, traded, told, bought, crowd, crowd_seconds)


def test_shows_what_a_seller_edited_when_the_chain_stands_still(stood: Stood) -> None:
    edited = stood.traded.edited
    assert (edited.answer.status, edited.repeated.brief) == (200, "412 stale_version")
    assert edited.page.document["bio"].text == edited.bio


def test_keeps_showing_the_name_when_the_chain_stands_still(stood: Stood) -> None:
    assert stood.traded.edited.page.document["ens_name"].text == stood.name


def test_charges_a_card_that_was_called_good_when_the_chain_stands_still(stood: Stood) -> None:
    assert stood.traded.validated["valid"].raw is True
    assert stood.traded.paid_order["payment_status"].text == "held"


def test_ends_a_purchase_by_card_well_when_the_chain_stands_still(stood: Stood) -> None:
    assert failing(Evidence(card_released=stood.traded.bought), "6 by card") == []


def test_says_in_time_what_is_not_known_of_a_name_when_the_chain_stands_still(
    stood: Stood,
) -> None:
    found = stood.told.looked_up
    assert (found["name"].text, found["lookup"].raw) == (stood.name, None)
    assert found["unavailable"]["retryable"].raw is True
    assert stood.told.seconds < ANSWER_SECONDS


@pytest.mark.parametrize("asked", ["shown", "suggested"])
def test_asks_to_come_back_with_a_name_when_the_chain_stands_still(
    stood: Stood, asked: str
) -> None:
    answer = getattr(stood.told, asked)
    assert answer.brief == "503 provider_unavailable"
    assert int(answer.headers["retry-after"]) > 0


def test_ends_a_purchase_by_card_well_when_very_many_wait_for_the_chain(stood: Stood) -> None:
    evidence = Evidence(card_released=stood.bought_in_a_crowd)
    assert failing(evidence, "6 by card") == []


def test_lets_few_of_very_many_wait_when_the_chain_stands_still(stood: Stood) -> None:
    told = [found["unavailable"]["detail"].text for found in stood.crowd]
    waited = [detail for detail in told if "cannot be reached" in detail]
    # The chain is tried anew now and then for as long as the crowd is there.
    tries = 1 + ceil(stood.crowd_seconds / AWAY_FOR.total_seconds())
    assert 1 <= len(waited) <= tries * API_PROCESSES * AT_ONE_CHAIN


def test_goes_on_when_the_chain_does(stood: Stood) -> None:
    require_well(stood.world)


@pytest.mark.deep
@pytest.mark.parametrize("how", ["still", "gone"])
def test_goes_on_without_the_chain_for_a_minute(
    world: World, name: str, parts: KillParts, how: str
) -> None:
    outages: dict[str, AbstractContextManager[None]] = {
        "still": parts.frozen(ANVIL),
        "gone": gone(parts),
    }
    rounds, begun = [], time.monotonic()
    with outages[how]:
        while time.monotonic() < begun + A_MINUTE:
            rounds.append(trade(world))
        told = ask_about_a_name(world, name)
        ready = world.api.ask("GET", "/health/ready").document
    assert [one for one in rounds if not went_on(one, name)] == []
    assert told.looked_up["unavailable"]["retryable"].raw is True
    assert told.shown.brief == told.suggested.brief == "503 provider_unavailable"
    assert down(ready) == [f"chain {world.chain_id}"]
    require_well(world)


def went_on(traded: Traded, name: str) -> bool:
    """Whether nothing but the chain was missing."""
    page = traded.edited.page.document
    shown = (page["bio"].text, page["ens_name"].text)
    well = failing(Evidence(card_released=traded.bought), "6 by card") == []
    return (
        shown == (traded.edited.bio, name) and traded.paid_order["status"].text == "paid" and well
    )


def down(ready: Document) -> list[str]:
    """The parts that are not well."""
    parts = ready["parts"].raw
    assert isinstance(parts, dict)
    return [part for part, state in parts.items() if state["status"] != "ok"]


def require_well(world: World) -> None:
    """The chain is followed up to its head, all parts are well, and coins are taken again."""
    eventually(lambda: is_followed(world), seconds=30, what="the watcher to catch up")
    eventually(lambda: world.api.ask("GET", "/health/ready").status == 200, seconds=30)
    # A node that was killed may have forgotten what it had given last.
    world.buyer.wallet.receive_coins()
    world.sellers[0].wallet.receive_coins()
    assert failing(Evidence(released=released.play(world)), "1 released") == []


def failing(evidence: Evidence, story: str) -> list[tuple[str, str]]:
    """The checks of a story of the demo that do not hold."""
    checks = [check for check in CHECKS if check.name.startswith(f"{story}: ")]
    assert checks
    return [(failure.name, failure.found) for failure in judge(evidence, checks)]
