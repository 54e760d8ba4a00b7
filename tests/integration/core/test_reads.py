"""The async read side: documents as PostgreSQL composed them."""

import asyncio
import json

import pytest
from sqlalchemy import text

from souk.core.db import Reads
from souk.core.errors import DatabaseUnavailable


def read(url, *statements, parameters=None):
    """The documents of these statements, read one after the other by one `Reads`."""

    async def run():
        reads = Reads(url, max_size=1, patience_seconds=0.5)
        await reads.open()
        try:
            return [await reads.document(statement, parameters or {}) for statement in statements]
        finally:
            await reads.close()

    return asyncio.run(run())


@pytest.mark.parametrize("kind", ["json", "jsonb", "text"])
def test_document_hands_out_the_json_when_the_column_is_of_any_kind(database_url, kind):
    statement = f"""SELECT '{{"name": "it''s \\u00e9\\"", "n": null}}'::json::{kind}"""
    (document,) = read(database_url, statement)
    assert json.loads(document) == {"name": "it's é\"", "n": None}


def test_document_is_none_when_there_is_no_row_or_no_value(database_url):
    assert read(database_url, "SELECT 1 WHERE false", "SELECT NULL::json") == [None, None]


def test_document_binds_parameters_by_name(database_url):
    statement = "SELECT json_build_object('a', %(a)s::text, 'percent', '%%')"
    (document,) = read(database_url, statement, parameters={"a": "'; DROP TABLE timer"})
    assert json.loads(document) == {"a": "'; DROP TABLE timer", "percent": "%"}


def test_document_spells_times_and_money_as_every_page_does(database_url):
    statement = """
        SELECT json_build_object(
            'at', rfc3339('2026-01-31 13:00:00.123999+01'),
            'price', money_json(1299::numeric(78, 0), 'USD', 2))
    """
    (document,) = read(database_url, statement)
    assert json.loads(document) == {
        "at": "2026-01-31T12:00:00.123Z",
        "price": {"amount": "1299", "currency": "USD", "exponent": 2},
    }


def test_document_says_unavailable_when_no_server_answers(tmp_path):
    with pytest.raises(DatabaseUnavailable):
        read(f"postgresql://nobody@/nothing?host={tmp_path}&connect_timeout=1", "SELECT 1")


def test_document_says_unavailable_when_the_server_cuts_the_connection(database_url):
    with pytest.raises(DatabaseUnavailable):
        read(database_url, "SELECT pg_terminate_backend(pg_backend_pid())::text")


def test_document_works_again_when_a_connection_was_cut(database_url, engine):
    def cut_readers():
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        mine = " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with engine.connect() as connection:
            connection.execute(text(others + mine))

    async def run():
        reads = Reads(database_url, max_size=1)
        await reads.open()
        await reads.document("SELECT '1'::json", {})
        cut_readers()
        with pytest.raises(DatabaseUnavailable):
            await reads.document("SELECT '2'::json", {})
        answer = await reads.document("SELECT '3'::json", {})
        await reads.close()
        return answer

    assert asyncio.run(run()) == b"3"
