"""Booking on a real database, whose constraints are the last word."""

from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from souk.modules.ledger.domain import AccountKind, OrderMoney, PaymentStatus, Stage, payment_status
from souk.modules.ledger.errors import UnknownEntry
from souk.modules.ledger.service import Ledger
from tests.support.clock import START
from tests.support.ledger_builders import (
    ETH,
    TUSD,
    a_chargeback,
    a_hold,
    a_loss,
    a_recovery,
    a_refund,
    a_reimbursement,
    a_release,
    balances_of,
)

BOOKS = Ledger()


def post(uow, *drafts) -> list[bool]:
    with uow.begin() as tx:
        new = [BOOKS.post(tx, draft) for draft in drafts]
        tx.commit()
    return new


def reverse(uow, reference: str, as_reference: str = "mirror") -> bool:
    with uow.begin() as tx:
        done = BOOKS.reverse(tx, reference, as_reference=as_reference, occurred_at=START)
        tx.commit()
    return done


def money(uow) -> tuple[OrderMoney, ...]:
    with uow.begin() as tx:
        return BOOKS.order_money(tx, "ord_one")


def breaks(uow) -> list[str]:
    with uow.begin() as tx:
        return [found.rule for found in BOOKS.check_books(tx)]


def test_follows_money_from_buyer_to_seller_and_platform(uow, session) -> None:
    post(uow, a_hold(1_000), a_release(1_000, fee=25))

    assert balances_of(session) == {
        ("buyer", "acc_buyer", "posted"): -1_000,
        ("seller", "sel_one", "posted"): 975,
        ("fees", "platform", "posted"): 25,
    }
    assert breaks(uow) == []


def test_sums_an_orders_money_by_holder_and_asset(uow) -> None:
    post(
        uow,
        a_hold(1_000),
        a_release(600, fee=15),
        a_refund(300),
        a_hold(70, holder="leg_two", asset=TUSD, stage=Stage.PENDING),
    )

    assert money(uow) == (
        OrderMoney(
            order_id="ord_one",
            holder="leg_one",
            asset=ETH,
            held=1_000,
            released=600,
            refunded=300,
            fee=15,
        ),
        OrderMoney(order_id="ord_one", holder="leg_two", asset=TUSD, pending=70),
    )


def test_posts_once_when_the_reference_is_known(uow, session) -> None:
    draft = a_hold(1_000)

    assert post(uow, draft, draft) == [True, False]
    assert balances_of(session)["escrow", "leg_one", "posted"] == 1_000


def test_leaves_nothing_when_an_entry_is_mirrored(uow, session) -> None:
    draft = a_hold(1_000, stage=Stage.PENDING)
    post(uow, draft)

    reverse(uow, draft.external_reference)

    assert balances_of(session) == {}
    assert breaks(uow) == []


def test_mirrors_once_when_asked_twice(uow) -> None:
    draft = a_hold(1_000)
    post(uow, draft)

    assert reverse(uow, draft.external_reference, "first")
    assert not reverse(uow, draft.external_reference, "second")
    assert money(uow)[0].held == 0


def test_refuses_to_mirror_what_was_never_booked(uow) -> None:
    with pytest.raises(UnknownEntry):
        reverse(uow, "nothing of this name")


def test_tells_balances_apart_by_stage(uow) -> None:
    post(uow, a_hold(7, stage=Stage.PENDING), a_hold(5))

    with uow.begin() as tx:
        found = [
            BOOKS.balance(tx, AccountKind.ESCROW, "leg_one", ETH, stage)
            for stage in (Stage.PENDING, Stage.POSTED)
        ]
        unknown = BOOKS.balance(tx, AccountKind.ESCROW, "leg_none", ETH, Stage.POSTED)
    assert (found, unknown) == ([7, 5], 0)


@pytest.mark.pitfall("P19")
def test_keeps_every_digit_when_an_amount_is_a_whole_uint256(uow) -> None:
    post(uow, a_hold(2**256 - 1))

    assert money(uow)[0].held == 2**256 - 1


@pytest.mark.parametrize("table", ["ledger_account", "ledger_entry", "ledger_posting"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {}", "DELETE FROM {}"])
def test_refuses_to_change_what_was_booked(uow, table, change) -> None:
    post(uow, a_hold())
    columns = {"ledger_account": "owner = 'x'", "ledger_entry": "order_id = 'x'"}
    statement = change.format(table, columns.get(table, "amount = 1"))

    with uow.begin() as tx, pytest.raises(IntegrityError, match="immutable"):
        tx.session.execute(text(statement))


def test_refuses_an_unbalanced_entry_when_it_goes_past_the_service(uow) -> None:
    draft = a_hold(1_000)
    object.__setattr__(draft, "postings", (draft.postings[0], replace(draft.postings[1], amount=1)))

    with pytest.raises(IntegrityError, match="does not sum to zero"):
        post(uow, draft)


def test_refuses_a_posting_that_is_added_to_an_old_entry(uow) -> None:
    post(uow, a_hold(1_000))
    more = text(
        "INSERT INTO ledger_posting SELECT entry_id, position + 2, account_id, stage, amount"
        " FROM ledger_posting"
    )

    with uow.begin() as tx, pytest.raises(IntegrityError, match="not as many postings"):  # noqa: PT012 - the commit raises
        tx.session.execute(more)
        tx.commit()


def test_refuses_an_entry_without_its_postings(uow) -> None:
    bare = text(
        "INSERT INTO ledger_entry (id, external_reference, effect_reference, flow, order_id,"
        " holder, posting_count, occurred_at, created_at)"
        " VALUES ('len', 'r', 'e', 'hold', 'o', 'l', 2, now(), now())"
    )

    with uow.begin() as tx, pytest.raises(IntegrityError, match="not as many postings"):  # noqa: PT012 - the commit raises
        tx.session.execute(bare)
        tx.commit()


def test_finds_the_break_when_more_left_escrow_than_came_in(uow) -> None:
    post(uow, a_hold(1_000), a_release(700), a_refund(301))

    assert breaks(uow) == ["escrow_covers_what_left"]


def test_follows_money_back_to_the_buyer_out_of_the_sellers_pocket(uow, session) -> None:
    post(uow, a_hold(1_000), a_release(1_000, fee=25), a_reimbursement(400))

    assert balances_of(session) == {
        ("buyer", "acc_buyer", "posted"): -600,
        ("seller", "sel_one", "posted"): 575,
        ("fees", "platform", "posted"): 25,
    }
    assert (money(uow)[0].released, money(uow)[0].reimbursed) == (1_000, 400)


def test_takes_held_money_first_when_a_bank_takes_it_back(uow, session) -> None:
    post(uow, a_hold(1_000), a_release(400, fee=10), a_chargeback(1_000, from_held=600))

    assert balances_of(session) == {
        ("seller", "sel_one", "posted"): 390,
        ("fees", "platform", "posted"): 10,
        ("receivable", "sel_one", "posted"): -400,
    }
    (found,) = money(uow)
    assert (found.charged_back, found.charged_from_held, found.remaining) == (1_000, 600, 0)


def test_has_lost_what_the_buyer_got_beyond_what_there_was(uow, session) -> None:
    taken = a_chargeback(700, from_held=700)
    post(uow, a_hold(1_000), a_refund(300), taken, a_loss(50))

    assert balances_of(session) == {
        ("buyer", "acc_buyer", "posted"): 50,
        ("losses", "platform", "posted"): -50,
    }
    with uow.begin() as tx:
        (total,) = BOOKS.totals(tx)
    assert (total.charged_back, total.lost, total.remaining, total.balanced) == (700, 50, 0, True)
    assert breaks(uow) == []


def test_names_the_entries_of_a_fact_that_were_not_reversed(uow) -> None:
    first, second = (a_hold(1_000, effect_reference="eff_one") for _ in range(2))
    post(uow, first, second, a_hold(1_000))
    reverse(uow, first.external_reference)

    with uow.begin() as tx:
        assert BOOKS.standing(tx, "eff_one") == [second.external_reference]


def test_owes_nothing_any_more_when_the_seller_has_given_back(uow, session) -> None:
    released = [a_hold(1_000), a_release(1_000, fee=0)]
    post(uow, *released, a_chargeback(1_000, from_held=0), a_recovery(1_000))

    assert balances_of(session) == {}
    assert breaks(uow) == []


def test_finds_the_break_when_a_bank_takes_more_than_is_held(uow) -> None:
    post(uow, a_hold(1_000), a_release(600), a_chargeback(500, from_held=500))

    assert breaks(uow) == ["escrow_covers_what_left"]


def test_finds_the_break_when_more_was_reimbursed_than_released(uow) -> None:
    post(uow, a_hold(1_000), a_release(400), a_refund(600), a_reimbursement(401))

    assert breaks(uow) == ["release_covers_what_was_reimbursed"]


def test_finds_the_break_when_one_fact_is_booked_twice(uow) -> None:
    post(uow, a_hold(effect_reference="paid"), a_hold(effect_reference="paid"))

    assert breaks(uow) == ["booked_once"]


def test_finds_no_break_when_a_fact_was_mirrored_and_booked_again(uow) -> None:
    first, again = a_hold(effect_reference="paid"), a_hold(effect_reference="paid")
    post(uow, first)
    reverse(uow, first.external_reference)
    post(uow, again)

    assert breaks(uow) == []


def test_says_the_same_of_money_in_sql_and_in_python(session) -> None:
    figures = range(5)
    grid = product(figures, figures, figures, figures, range(2))
    sql = text("SELECT payment_status(:d, :h, :r, :b, :c)")

    for due, held, released, refunded, taken in grid:
        asked = {"d": due, "h": held, "r": released, "b": refunded, "c": taken}
        said = session.execute(sql, asked).scalar_one()
        right = payment_status(
            due, held=held, released=released, refunded=refunded, charged_back=taken
        )
        assert PaymentStatus(said) is right, asked
