"""One database for a whole folder of tests, emptied instead of copied before each of them."""

import psycopg
from psycopg import sql


def emptied(url: str, *tables: str) -> str:
    """The same URL, when these tables have no rows any more. Name referring tables first."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in tables:
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    return url


def cut(url: str, *tables: str) -> str:
    """The same where rows are only ever added to, and for every table that refers to one of these:
    what refuses to let a row go is not asked."""
    names = sql.SQL(", ").join(map(sql.Identifier, tables))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
    return url
