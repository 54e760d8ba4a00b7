"""`souk migrate`: bring the database to the schema of this version."""

import argparse

from sqlalchemy.exc import OperationalError

from souk.core import migrations
from souk.core.db import make_engine
from souk.entrypoints.failures import CommandFailed
from souk.settings import DatabaseSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which way."""
    parser.add_argument("--to", default="head", help="revision to upgrade to (head)")
    parser.add_argument("--down-to", help="undo migrations down to this revision, or base")


def run(arguments: argparse.Namespace) -> int:
    """Migrate and say from where to where."""
    url = DatabaseSettings().database_url.get_secret_value()
    engine = make_engine(url, pool_size=2)
    try:
        before, needed = migrations.pending(engine)
        if arguments.down_to:
            migrations.downgrade(engine, arguments.down_to)
        elif before != needed or arguments.to != "head":
            migrations.upgrade(engine, arguments.to)
        after, _ = migrations.pending(engine)
    except OperationalError as error:
        raise CommandFailed("the database cannot be reached; check DATABASE_URL") from error
    finally:
        engine.dispose()
    print(f"the schema is at {after or 'nothing'} (was {before or 'nothing'})")
    return 0
