"""The books as everybody may read them."""

from sqlalchemy import text

from souk.core.unit_of_work import UnitOfWork
from souk.modules.books.service import Books
from souk.modules.ledger.service import Ledger
from tests.support.ledger_builders import a_hold
from tests.support.reconciling import lately
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
