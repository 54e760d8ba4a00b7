"""What worker processes do for webhooks."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from functools import partial

from souk.core.jobs import (
    RUN_SECONDS,
    STOP_CHECK_SECONDS,
    KeepOn,
    Loop,
    Periodic,
    limited,
    with_care,
)
from souk.core.ports import Bus
from souk.modules.webhooks.repository.deliveries import WAKE_CHANNEL
from souk.modules.webhooks.service.forget import DeliveryLog
from souk.modules.webhooks.service.send import Sender

__all__ = ["WAKE_CHANNEL", "forget_old", "send_webhooks"]

SENDERS = 32
"""How many deliveries a process tries at once."""
POLL_SECONDS = 1.0
_FORGET_SECONDS = 3600.0


def send_webhooks(sender: Sender, bus: Bus, *, run_seconds: float = RUN_SECONDS) -> Loop:
    """Send what is due: when woken, and each second as a net under that. It has a queue and
    processes of its own, which alone speak to strangers."""

    def run(keep_on: KeepOn) -> None:
        going = limited(keep_on, run_seconds)
        pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="webhooks")
        try:
            hands = _Hands(sender, pool)
            while going():
                if not hands.fill():
                    hands.rest(bus, going)
        finally:
            # The next run need not wait for who is slow; the end of the process does.
            pool.shutdown(wait=not keep_on())

    return Loop("webhooks.send_due", run)


class _Hands:
    """Deliveries that are being tried, by the endpoint that each is for."""

    def __init__(self, sender: Sender, pool: Executor) -> None:
        self._sender = sender
        self._pool = pool
        self._busy: dict[Future[None], str] = {}

    def fill(self) -> int:
        """Take as many more in hand as there is room for; returns how many came."""
        self._busy = {one: endpoint for one, endpoint in self._busy.items() if not one.done()}
        room = SENDERS - len(self._busy)
        claimed = self._sender.claim(limit=room, busy=set(self._busy.values())) if room else []
        for delivery in claimed:
            act: Callable[[], object] = partial(self._sender.send, delivery)
            self._busy[self._pool.submit(with_care, "webhooks.send", act)] = delivery.endpoint_id
        return len(claimed)

    def rest(self, bus: Bus, going: KeepOn) -> None:
        """Until one of them is done, or there is something new."""
        if self._busy:
            wait(self._busy, timeout=STOP_CHECK_SECONDS, return_when=FIRST_COMPLETED)
            return
        woken = limited(going, POLL_SECONDS)
        while woken():
            if bus.wait(STOP_CHECK_SECONDS):
                return


def forget_old(log: DeliveryLog) -> Periodic:
    """Keep the log to its time."""
    return Periodic("webhooks.forget_old", _FORGET_SECONDS, log.forget_old)
