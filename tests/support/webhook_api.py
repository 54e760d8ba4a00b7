"""`/api/webhooks` over HTTP, with people who really signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from souk.core.pagination import CursorCodec
from souk.core.unit_of_work import UnitOfWork
from souk.modules.webhooks.api import router
from souk.modules.webhooks.service import Endpoints, ResendGate, Resends
from tests.support.account_builders import accounts_on
from tests.support.http import Api, assembled
from tests.support.webhook_builders import endpoints_on, resends_on


@dataclass
class Uses:
    """A `RateLimiter` that allows as many uses as are left."""

    left: int = 1_000

    def take(self, key: str, *, limit: int, per_seconds: int) -> int:
        self.left -= 1
        return 0 if self.left >= 0 else per_seconds


@contextmanager
def hooks_api(database_url: str, uow: UnitOfWork, limiter: Uses) -> Iterator[Api]:
    """A client of it."""
    container = assembled(
        database_url,
        uow,
        router,
        services={
            Endpoints: endpoints_on(uow),
            Resends: resends_on(uow),
            ResendGate: ResendGate(limiter, per_minute=30),
            CursorCodec: CursorCodec(b"a secret of sixteen bytes or more"),
        },
        authenticate=accounts_on(uow).authenticate,
    )
    with Api(container) as api:
        yield api
