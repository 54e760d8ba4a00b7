"""O5: the database itself refuses a status that its history does not lead to."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from souk.modules.orders.domain import Actor, OrderStatus
from tests.support.order_builders import an_order, move

INSERT = """
    INSERT INTO order_status_history (id, order_id, sequence, from_status, to_status, actor,
                                      reason, evidence, occurred_at, observed_at)
    SELECT 'osh_x', id, {sequence}, {source}, {to}, 'system', 'by hand', '{{}}', now(), now()
    FROM orders
"""
CHECK_NOW = "SET CONSTRAINTS ALL IMMEDIATE"


def step(sequence: int, source: str, to: str) -> str:
    return INSERT.format(sequence=sequence, source=f"'{source}'", to=f"'{to}'")


@pytest.mark.pitfall("O5")
@pytest.mark.parametrize(
    "statements",
    [
        ["UPDATE orders SET status = 'shipped'"],
        [step(3, "paid", "shipped")],
        [step(3, "processing", "shipped"), "UPDATE orders SET status = 'shipped'"],
        [step(4, "paid", "shipped"), "UPDATE orders SET status = 'shipped'"],
        [step(3, "paid", "paid"), "UPDATE orders SET status = 'shipped'"],
    ],
)
def test_commit_is_refused_when_history_does_not_lead_to_the_status(
    uow, session, statements
) -> None:
    an_order(uow, OrderStatus.PAID)
    for statement in statements:
        session.execute(text(statement))

    with pytest.raises(IntegrityError, match="does not lead to its status"):
        session.execute(text(CHECK_NOW))


@pytest.mark.pitfall("O5")
def test_commit_is_refused_when_an_order_has_no_history(uow, session) -> None:
    an_order(uow)
    columns = text(
        "SELECT string_agg(column_name, ', ') FROM information_schema.columns"
        " WHERE table_name = 'orders' AND column_name <> 'id'"
    )
    others = session.scalar(columns)
    session.execute(text(f"INSERT INTO orders (id, {others}) SELECT 'ord_x', {others} FROM orders"))

    with pytest.raises(IntegrityError, match="does not lead to its status"):
        session.execute(text(CHECK_NOW))


@pytest.mark.pitfall("O5")
@pytest.mark.parametrize(
    "statement",
    ["UPDATE order_status_history SET reason = 'x'", "DELETE FROM order_status_history"],
)
def test_history_is_never_changed_afterwards(uow, session, statement) -> None:
    an_order(uow)

    with pytest.raises(IntegrityError, match="only ever added to"):
        session.execute(text(statement))


def test_second_completion_is_refused_by_the_database(uow, session) -> None:
    an_order(uow, OrderStatus.COMPLETED)
    session.execute(text(step(4, "completed", "shipped")))

    with pytest.raises(IntegrityError, match="uq_order_status_history_completed"):
        session.execute(text(step(5, "shipped", "completed").replace("osh_x", "osh_y")))


def test_fact_noted_after_completion_is_no_second_completion(uow, session) -> None:
    order = an_order(uow, OrderStatus.COMPLETED)

    move(uow, order.id, "complete", Actor.CHAIN)

    assert session.scalar(text("SELECT max(sequence) FROM order_status_history")) == 4
