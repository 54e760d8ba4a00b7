"""`souk demo`: played once on a whole stack, then judged again in worlds that were broken."""

import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import pytest
from psutil import process_iter

from souk.embedded.directories import make_state
from souk.entrypoints.commands.demo import conclude, report
from souk.entrypoints.demo.books import read_books
from souk.entrypoints.demo.checks import CHECKS, judge
from souk.entrypoints.demo.client import Answer
from souk.entrypoints.demo.evidence import Evidence, OrderEvidence
from souk.entrypoints.demo.narrator import Narrator
from souk.entrypoints.demo.place import find_place
from souk.entrypoints.demo.play import enter, play
from souk.entrypoints.demo.rows import read_names, read_order
from souk.entrypoints.demo.world import World
from tests.support.whole_stack import WholeStack

FEWEST_CHECKS = 60
T = TypeVar("T")


@dataclass(frozen=True)
class Played:
    """The world after the stories, what was seen of it and what was printed."""

    world: World
    evidence: Evidence
    printed: io.StringIO

    def failing(self, evidence: Evidence) -> set[str]:
        """The names of the checks that do not hold on this evidence."""
        return {failure.name for failure in judge(evidence, CHECKS)}


@pytest.fixture(scope="module")
def played(whole_stack: WholeStack) -> Iterator[Played]:
    """All stories, played once."""
    printed = io.StringIO()
    place = find_place({}, whole_stack.state)
    assert place is not None
    with enter(place, Narrator(printed)) as world:
        yield Played(world, play(world), printed)


def test_demo_ends_well_when_every_check_holds(played: Played) -> None:
    told = io.StringIO()
    failures = report(Narrator(told), played.evidence, every=False)
    code = conclude(Narrator(told), failures)
    last = told.getvalue().splitlines()[-1]
    assert (code, last) == (0, f"demo: {len(CHECKS)} checks, 0 failed"), told.getvalue()


def test_demo_checks_enough_things_under_names_of_their_own() -> None:
    names = {check.name for check in CHECKS}
    assert len(names) == len(CHECKS) >= FEWEST_CHECKS


def test_demo_prints_the_timeline_in_plain_text_when_not_on_a_terminal(played: Played) -> None:
    printed = played.printed.getvalue()
    wanted = r"chain +the money is held  tx 0x\w+… block \d+  pending_payment → paid"
    assert re.search(wanted, printed)
    assert re.search(r"/orders/ord_\w{26}\?key=\d+\.\w+", printed)
    assert "ledger: buyer -0.0" in printed
    assert "\x1b" not in printed


# What each story's order is broken by, and the check that notices. The statements run with the
# guarding triggers off, in a transaction that is rolled back.
BROKEN_ROWS = {
    "1 released: every ledger entry sums to zero": (
        "released",
        "DELETE FROM ledger_posting WHERE position = 0 AND entry_id ="
        " (SELECT max(id) FROM ledger_entry WHERE order_id = %(order)s)",
    ),
    "1 released: the ledger's seller account has the amount less the fee": (
        "released",
        "DELETE FROM ledger_posting p USING ledger_entry e WHERE e.id = p.entry_id"
        " AND e.order_id = %(order)s AND e.flow = 'release'",
    ),
    "1 released: history is numbered without gaps": (
        "released",
        "DELETE FROM order_status_history WHERE order_id = %(order)s AND sequence = 3",
    ),
    "1 released: every message of the outbox was delivered": (
        "released",
        "UPDATE outbox SET delivered_at = NULL WHERE aggregate = %(order)s",
    ),
    "2 cart, the kept order: ref is the sha-256 of the terms document": (
        "kept",
        "UPDATE terms_document SET body = body || ' ' WHERE order_id = %(order)s",
    ),
    "3 expired: the reservation is released": (
        "expired",
        "UPDATE stock_reservation SET state = 'reserved' WHERE order_id = %(order)s",
    ),
    "3 expired: history ends at the order's status": (
        "expired",
        "UPDATE orders SET status = 'cancelled' WHERE id = %(order)s",
    ),
    "4 window: the keeper asked for a release": (
        "window",
        "DELETE FROM keeper_request WHERE leg_id IN"
        " (SELECT id FROM payment_attempt_leg WHERE order_id = %(order)s)",
    ),
    "4 window: no hold is open": (
        "window",
        "INSERT INTO order_hold VALUES ('hld_x', %(order)s, 'fraud', 'x', now())",
    ),
    "5 orphaned: the attempt succeeded, was orphaned, succeeded": (
        "orphaned",
        "DELETE FROM payment_attempt_history WHERE to_status = 'orphaned' AND attempt_id IN"
        " (SELECT attempt_id FROM payment_attempt_leg WHERE order_id = %(order)s)",
    ),
    "5 orphaned: the watcher saw it in two blocks and counts one": (
        "orphaned",
        "DELETE FROM chain_event e USING chain_block b, payment_attempt_leg g"
        " WHERE b.hash = e.block_hash AND NOT b.canonical AND g.escrow_id = e.escrow_id"
        " AND g.order_id = %(order)s",
    ),
    "5 orphaned: the ledger holds the amount once": (
        "orphaned",
        "UPDATE ledger_posting p SET amount = amount * 2 FROM ledger_entry e"
        " WHERE e.id = p.entry_id AND e.order_id = %(order)s AND e.reverses_id IS NULL",
    ),
}
GUARDED = ("ledger_posting", "order_status_history", "orders")


@pytest.mark.parametrize("name", BROKEN_ROWS)
def test_check_fails_when_its_rows_are_broken(played: Played, name: str) -> None:
    which, statement = BROKEN_ROWS[name]
    order = order_of(played.evidence, which)
    assert name not in played.failing(played.evidence)
    with played.world.connection.transaction(force_rollback=True):
        for table in GUARDED:
            played.world.connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        done = played.world.connection.execute(statement, {"order": order.rows.order.id})
        assert done.rowcount > 0
        rows = read_order(played.world.connection, order.rows.order.id)
        broken = with_order(played.evidence, which, replace(order, rows=rows))
    assert name in played.failing(broken)


def test_whole_fails_when_a_posting_is_missing(played: Played) -> None:
    with played.world.connection.transaction(force_rollback=True):
        played.world.connection.execute("ALTER TABLE ledger_posting DISABLE TRIGGER USER")
        played.world.connection.execute("DELETE FROM ledger_posting WHERE position = 0")
        books = read_books(played.world.connection)
    whole = replace(required(played.evidence.whole), books=books)
    failing = played.failing(replace(played.evidence, whole=whole))
    assert "the whole: every entry of everybody sums to zero" in failing


# The same of the name that was shown.
BROKEN_NAMES = {
    "10 named: one row says whose it is, in a block of the chain": (
        "UPDATE ens_verifications SET wallet = '0x' || repeat('0', 40) WHERE name = %(name)s"
    ),
    "10 named: after all that it is this store's": (
        "UPDATE seller SET ens_name = NULL WHERE ens_name = %(name)s"
    ),
    "10 named: the outbox told of it once": (
        "DELETE FROM outbox WHERE payload ->> 'ens_name' = %(name)s"
    ),
}


@pytest.mark.parametrize("name", BROKEN_NAMES)
def test_check_fails_when_the_rows_of_the_name_are_broken(played: Played, name: str) -> None:
    named = required(played.evidence.named)
    assert name not in played.failing(played.evidence)
    with played.world.connection.transaction(force_rollback=True):
        done = played.world.connection.execute(BROKEN_NAMES[name], {"name": named.name})
        assert done.rowcount > 0
        rows = read_names(played.world.connection, named.store_id, named.name)
        broken = replace(played.evidence, named=replace(named, rows=rows))
    assert name in played.failing(broken)


def _one_more(part: str, field: str) -> Callable[[Evidence], Evidence]:
    """A world in which a wallet has one smallest unit more than it should."""

    def change(seen: Evidence) -> Evidence:
        story = getattr(seen, part)
        return replace(seen, **{part: replace(story, **{field: getattr(story, field) + 1})})

    return change


def _let_in(seen: Evidence) -> Evidence:
    """A world in which a stranger reads another's order."""
    door = required(seen.door)
    answers = {**door.answers, "reads another's order": Answer(200, None, {}, "{}")}
    return replace(seen, door=replace(door, answers=answers))


def _played_anew(seen: Evidence) -> Evidence:
    """A world in which a repeated request is answered without saying that it is a repetition."""
    released = required(seen.released)
    return replace(
        seen, released=replace(released, replayed=replace(released.replayed, headers={}))
    )


def _late_payment_taken(seen: Evidence) -> Evidence:
    """A world in which the contract takes a payment after `payBy`."""
    expired = required(seen.expired)
    late = replace(expired.late, succeeded=True)
    return replace(seen, expired=replace(expired, late=late, late_revert=""))


def _never_told(seen: Evidence) -> Evidence:
    """A world in which the event stream is silent."""
    return replace(seen, released=replace(required(seen.released), stream=()))


def _shown_late(seen: Evidence) -> Evidence:
    """A world in which the store's page does not show the name yet."""
    named = required(seen.named)
    before = Answer(200, None, {}, json.dumps(named.profile.raw))
    return replace(seen, named=replace(named, page=before))


def _taken_by_another(seen: Evidence) -> Evidence:
    """A world in which anybody's signature is good enough for a name."""
    named = required(seen.named)
    others = replace(named.others, forged=named.verified)
    return replace(seen, named=replace(named, others=others))


def _points_elsewhere(seen: Evidence) -> Evidence:
    """A world in which the name stands for another wallet than the API says."""
    named = required(seen.named)
    elsewhere = replace(named.on_chain, address="0x" + "1" * 40)
    return replace(seen, named=replace(named, on_chain=elsewhere))


def _provider_says(part: str, **said: tuple[int, ...]) -> Callable[[Evidence], Evidence]:
    """A world in which the card provider moved other money."""
    return lambda seen: replace(seen, **{part: replace(getattr(seen, part), **said)})


BROKEN_SIGHT = {
    "1 released: the seller's wallet received the amount less the fee": _one_more(
        "released", "seller_gained"
    ),
    "2 cart: the buyer got all of it back": _one_more("cart", "buyer_refunded"),
    "5 orphaned: the buyer's wallet paid once": _one_more("orphaned", "buyer_spent"),
    "at the door: who reads another's order is refused": _let_in,
    "1 released: a repeated request is replayed": _played_anew,
    "3 expired: by the contract, with TooLate and payBy": _late_payment_taken,
    "1 released: the event stream told of every turn": _never_told,
    "6 by card: the provider handed on the price less the fee": _provider_says(
        "card_released", transfers=(6_400,)
    ),
    "7 cart by card: exactly the cancelled order's price went back": _provider_says(
        "card_cart", refunds=(3_900, 2_500)
    ),
    "10 named: the registrar took the price that was suggested": _one_more("named", "spent"),
    "10 named: the store's public page shows it at once, as another version": _shown_late,
    "10 named: another wallet's signature proves nothing": _taken_by_another,
    "10 named: the API says of the name what the chain says": _points_elsewhere,
    "8 given up: no money moved": _provider_says("card_given_up", refunds=(1_450,)),
}


@pytest.mark.parametrize("name", BROKEN_SIGHT)
def test_check_fails_when_chain_or_api_say_otherwise(played: Played, name: str) -> None:
    broken = BROKEN_SIGHT[name](played.evidence)
    told = io.StringIO()
    failures = report(Narrator(told), broken, every=False)
    assert f"FAILED  {name}: " in told.getvalue()
    assert conclude(Narrator(told), failures) == 1


@pytest.mark.deep
def test_demo_brings_and_removes_a_stack_of_its_own_when_none_runs(
    fresh_stack: WholeStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_state(fresh_stack.state.with_name("demo-tmp"))
    monkeypatch.setenv("TMPDIR", str(place))
    done = fresh_stack.command("demo", "--checks", "--state-dir", str(fresh_stack.state))
    assert (done.returncode, done.stdout.count("  ok  ")) == (0, len(CHECKS)), done.stdout
    lines = [" ".join(process.info["cmdline"] or ()) for process in process_iter(["cmdline"])]
    assert [line for line in lines if str(place) in line] == []
    assert list(place.iterdir()) == []


def required(story: T | None) -> T:
    """A story that was played."""
    assert story is not None
    return story


def order_of(evidence: Evidence, which: str) -> OrderEvidence:
    """The order of a story, or one of the cart's two."""
    if which in ("kept", "returned"):
        order = getattr(required(evidence.cart), which)
    else:
        order = getattr(evidence, which).order
    assert isinstance(order, OrderEvidence)
    return order


def with_order(evidence: Evidence, which: str, order: OrderEvidence) -> Evidence:
    """The same evidence with another one of these orders."""
    if which in ("kept", "returned"):
        return replace(evidence, cart=replace(required(evidence.cart), **{which: order}))
    return replace(evidence, **{which: replace(getattr(evidence, which), order=order)})
