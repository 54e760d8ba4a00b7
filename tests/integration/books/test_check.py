"""The standing check of the books."""

import logging
from datetime import timedelta

import pytest
from sqlalchemy import text

from souk.core.errors import DatabaseBusy
from souk.modules.books.service import Books
from souk.modules.ledger.service import Ledger
from tests.support.chain_builders import chains_of
from tests.support.payment_builders import payments_on
from tests.support.scripted_chain import ScriptedChain


def test_gives_the_check_more_time_than_a_request_has(uow) -> None:
    with uow.begin() as tx:
        assert Ledger().check_books(tx) == []

        assert tx.session.scalar(text("SHOW statement_timeout")) == "10min"


def test_shouts_when_the_books_could_not_be_checked(committing_uow, engine, caplog) -> None:
    hasty = Books(
        committing_uow,
        Ledger(),
        payments_on(committing_uow),
        chains_of(committing_uow, ScriptedChain()),
        patience=timedelta(milliseconds=10),
    )

    with engine.begin() as holder:
        holder.execute(text("LOCK TABLE ledger_posting"))
        with pytest.raises(DatabaseBusy):
            hasty.check()

    [shout] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "books: not checked" in shout.getMessage()
