"""The books as everybody may read them."""

from sqlalchemy import text

from souk.core.unit_of_work import UnitOfWork
from souk.modules.books.service import Books
from souk.modules.ledger.service import Ledger
from tests.support.ledger_builders import a_hold
from tests.support.reconciling import PHANTOM_ENTRY, PLACE, execute, lately
from tests.support.shop import Shop


def read(shop: Shop) -> dict:
    answer = shop.ask(None, "GET", "/api/books")
    assert answer.status_code == 200, answer.text
    return answer.json()


def book(shop: Shop, *drafts) -> None:
    with shop.container.get(UnitOfWork).begin() as tx:
        for draft in drafts:
            Ledger().post(tx, draft)
        tx.commit()


def check(shop: Shop) -> None:
    shop.container.get(Books).check()


def a_purchase(shop: Shop) -> str:
    buyer, listing = shop.person("buyer"), shop.listing(shop.seller())
    return shop.paid(buyer, (listing, 1))["orders"][0]["id"]


def test_says_that_nobody_has_looked_yet_when_nobody_has(shop: Shop) -> None:
    page = read(shop)

    assert (page["status"], page["checked_at"], page["assets"]) == ("not_checked_yet", None, [])


def test_shows_what_is_held_and_as_of_which_block(shop: Shop) -> None:
    a_purchase(shop)

    check(shop)

    page = read(shop)
    [asset], [place] = page["assets"], page["as_of"]
    assert (page["status"], asset["symbol"], asset["balanced"]) == ("balanced", "ETH", True)
    assert asset["held"] == asset["remaining"]
    assert (asset["held"]["exponent"], int(asset["held"]["amount"]) > 0) == (18, True)
    block = shop.chain.call("eth_getBlockByNumber", hex(int(place["block_number"])), False)
    assert (place["place"], place["block_hash"]) == ("eip155:31337", block["hash"])
    # Of the chain's blocks the newest does not count yet.
    assert int(place["block_number"]) == shop.chain.height() - 1


def test_shows_a_break_by_its_rule_and_no_name_when_a_rule_does_not_hold(shop: Shop) -> None:
    order_id = a_purchase(shop)
    twice = a_hold(effect_reference="paid", order_id=order_id)
    book(shop, twice, a_hold(effect_reference="paid", order_id=order_id))

    check(shop)

    answer = shop.ask(None, "GET", "/api/books")
    assert answer.json()["status"] == "out_of_balance"
    assert {"rule": "booked_once", "count": 1} in answer.json()["breaks"]
    assert [name for name in ("ord_", "acc_", "leg_", "sel_") if name in answer.text] == []


def test_shows_up_to_where_the_rails_were_compared(shop: Shop) -> None:
    a_purchase(shop)
    lately(shop)

    check(shop)

    page = read(shop)
    [compared], [followed] = page["compared"], page["as_of"]
    assert (compared["place"], compared["block_hash"]) == ("eip155:31337", followed["block_hash"])


def break_open(shop: Shop, kind: str, number: int = 1) -> None:
    """The rails were compared, and something was left."""
    execute(
        shop,
        "INSERT INTO reconciliation_break (id, place, subject, rule, class, expected, found,"
        " opened_at, seen_at) SELECT 'rbk_' || :kind || n, :place, 'leg_' || n,"
        " 'legs_equal_the_rail', :kind, 'ord_expected', 'ord_found', now(), now()"
        " FROM generate_series(1, CAST(:number AS integer)) AS n",
        kind=kind,
        place=PLACE,
        number=number,
    )


def test_is_out_of_balance_when_a_rail_lacks_money_though_every_rule_holds(shop: Shop) -> None:
    check(shop)
    break_open(shop, "money_missing", 2)

    page = read(shop)

    assert (page["status"], page["breaks"]) == ("out_of_balance", [])
    missing = {"rule": "legs_equal_the_rail", "kind": "money_missing", "count": 2}
    assert page["differences"] == [missing]


def test_is_out_of_balance_when_money_is_missing_and_nobody_has_looked_yet(shop: Shop) -> None:
    break_open(shop, "money_missing")

    assert read(shop)["status"] == "out_of_balance"


def test_counts_a_difference_and_stays_balanced_when_no_money_is_missing(shop: Shop) -> None:
    check(shop)
    break_open(shop, "unknown")

    page = read(shop)

    assert (page["status"], page["differences"][0]["count"]) == ("balanced", 1)


def test_counts_no_difference_that_was_healed(shop: Shop) -> None:
    check(shop)
    break_open(shop, "money_missing")
    execute(shop, "UPDATE reconciliation_break SET healed_at = seen_at, how = 'a test'")

    page = read(shop)

    assert (page["status"], page["differences"]) == ("balanced", [])


def test_names_nobody_when_it_counts_differences(shop: Shop) -> None:
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)
    lately(shop)

    answer = shop.ask(None, "GET", "/api/books")

    assert answer.json()["differences"][0]["rule"] == "books_equal_the_leg"
    assert [name for name in ("ord_", "acc_", "leg_", "sel_", "rbk_") if name in answer.text] == []


def test_is_stale_when_nobody_has_looked_for_more_than_two_hours(shop: Shop) -> None:
    check(shop)
    shop.clock.advance(hours=2)
    in_time = read(shop)["status"]
    shop.clock.advance(seconds=1)

    assert (in_time, read(shop)["status"]) == ("balanced", "stale")


def test_stays_out_of_balance_when_nobody_has_looked_since(shop: Shop) -> None:
    book(shop, a_hold(effect_reference="paid"), a_hold(effect_reference="paid"))
    check(shop)
    shop.clock.advance(hours=3)

    assert read(shop)["status"] == "out_of_balance"


def test_remembers_what_earlier_looks_found(shop: Shop) -> None:
    check(shop)
    book(shop, a_hold(effect_reference="paid"), a_hold(effect_reference="paid"))
    shop.clock.advance(hours=1)

    check(shop)

    now, before = read(shop)["recent"]
    assert (now["breaks"] > 0, before["breaks"]) == (True, 0)


def test_answers_without_counting_any_money(shop: Shop) -> None:
    check(shop)

    with shop.container.engine.begin() as holder:
        holder.execute(text("LOCK TABLE ledger_posting, ledger_entry, payment_attempt_leg"))

        assert read(shop)["status"] == "balanced"


def test_answers_from_a_cache_when_nothing_changed(shop: Shop) -> None:
    first = shop.ask(None, "GET", "/api/books")

    again = shop.api("GET", "/api/books", if_none_match=first.headers["etag"])

    assert (again.status_code, first.headers["cache-control"]) == (
        304,
        "public, max-age=60, must-revalidate",
    )
