"""The catalogue and carts over HTTP, with people who really signed in."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import sessionmaker

from souk.core.db import make_engine
from souk.core.ids import TimeOrderedIds
from souk.core.pagination import CursorCodec
from souk.core.unit_of_work import UnitOfWork
from souk.modules.catalog import api as catalog_api
from souk.modules.catalog.service import Catalog
from souk.modules.orders import api as orders_api
from souk.modules.orders.service import Carts
from tests.support.account_builders import a_session, accounts_on
from tests.support.catalog_builders import catalog_on
from tests.support.clock import MovableClock
from tests.support.http import Api, assembled
from tests.support.order_builders import carts_on
from tests.support.stack import Databases


@contextmanager
def market(database_url: str, uow: UnitOfWork) -> Iterator[Api]:
    """A client of `/api/marketplace` products and of `/api/carts`."""
    container = assembled(
        database_url,
        uow,
        catalog_api.router,
        orders_api.router,
        services={
            Catalog: catalog_on(uow),
            Carts: carts_on(uow),
            CursorCodec: CursorCodec(b"a secret of sixteen bytes or more"),
        },
        authenticate=accounts_on(uow).authenticate,
    )
    with Api(container) as api:
        yield api


@contextmanager
def shared_market(databases: Databases, clock: MovableClock) -> Iterator[tuple[Api, UnitOfWork]]:
    """The same on a database of its own, for tests that share it because they only read, or are
    refused and write nothing."""
    url = databases.migrated()
    engine = make_engine(url, pool_size=2)
    uow = UnitOfWork(sessionmaker(engine), clock, TimeOrderedIds())
    try:
        with market(url, uow) as api:
            yield api, uow
    finally:
        engine.dispose()
        databases.drop(url)


def token_of(uow: UnitOfWork, name: str) -> str:
    """A session of the account that signs in with the wallet of this name."""
    return a_session(uow, name)


def refused(answer) -> tuple[int, str]:
    """Status and code of a refusal, which must be a problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]
