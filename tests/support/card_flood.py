"""A process that is told the same things again and again, beside others that are told them too."""

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from random import Random

from sqlalchemy.orm import sessionmaker

from souk.core.db import make_engine
from souk.core.ids import TimeOrderedIds
from souk.core.inbox import InboxSweeper
from souk.core.unit_of_work import UnitOfWork
from souk.modules.payments.handlers import inbox_handlers
from tests.support.card_server import CardServer
from tests.support.card_shop import card_rail
from tests.support.card_webhooks import signature
from tests.support.clock import MovableClock
from tests.support.payment_builders import payments_on

_SWEPT_EACH, _PAST_THE_INBOX_EACH = 25, 10

Message = tuple[str, bytes]


@dataclass(frozen=True)
class Share:
    """What one of the processes is told, in this order."""

    database_url: str
    server: CardServer
    now: datetime
    messages: Sequence[Message]


def flood(
    database_url: str,
    server: CardServer,
    now: datetime,
    messages: Sequence[Message],
    *,
    copies: int,
    processes: int,
) -> Counter[str]:
    """Tell so many copies of these messages, shuffled, to so many processes at once; what they
    did together."""
    told = [messages[number % len(messages)] for number in range(copies)]
    Random(copies).shuffle(told)
    shares = [Share(database_url, server, now, told[n::processes]) for n in range(processes)]
    context = get_context("forkserver")
    # What takes seconds to load is loaded once, before there are four of them.
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        return sum(pool.map(hear, shares), Counter())


def hear(share: Share) -> Counter[str]:
    """Keep each by the inbox, as the API does, and handle what is kept, as a worker does; now and
    then handle one past the inbox, as if it had come by another way."""
    engine, clock = make_engine(share.database_url, pool_size=2), MovableClock(share.now)
    uow = UnitOfWork(sessionmaker(engine), clock, TimeOrderedIds())
    payments = payments_on(uow, cards=card_rail(share.server, clock))
    sweeper = InboxSweeper(engine, inbox_handlers(payments), clock)
    done: Counter[str] = Counter()
    for number, (name, body) in enumerate(share.messages):
        payments.receive_webhook(body, signature(body, share.now))
        done["received"] += 1
        if number % _SWEPT_EACH == 0:
            done["swept"] += sweeper.sweep()
        if number % _PAST_THE_INBOX_EACH == 0:
            payments.handle_webhook(name, body)
            done["handled past the inbox"] += 1
    done["swept"] += sweeper.sweep()
    engine.dispose()
    return done
