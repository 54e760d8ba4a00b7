"""Telling the endpoints, again and again until they have taken it, and letting happen what happens
by itself."""

import asyncio
import logging
import random
from dataclasses import dataclass

from souk.embedded.stripe_sandbox import identity, intents, payouts, refunds
from souk.embedded.stripe_sandbox.deliveries import sign
from souk.embedded.stripe_sandbox.faults import Fault, Faults
from souk.embedded.stripe_sandbox.lines import Lines, NotTaken
from souk.embedded.stripe_sandbox.world import World

_log = logging.getLogger(__name__)
_TRY_SECONDS = 3 * 24 * 3600
_WAIT_AT_MOST_SECONDS = 3600
_ANSWER_SECONDS = 10
_LOOK_SECONDS = 0.2
_FIRST_WAIT_SECONDS = 0.25
AT_ONCE_AT_MOST = 256

_DUE = "SELECT sequence FROM delivery WHERE due <= ? ORDER BY due, sequence LIMIT ?"
_WHOLE = """
SELECT delivery.sequence, delivery.tries, event.created, event.topic, event.body,
       json_extract(endpoint.body, '$.url'), json_extract(endpoint.body, '$._secret')
FROM delivery
JOIN object AS event ON event.id = delivery.event
JOIN object AS endpoint ON endpoint.id = delivery.endpoint
WHERE delivery.sequence = ?
"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to an endpoint, `payload` as it is sent."""

    sequence: int
    tries: int
    created: int
    kind: str
    payload: str
    url: str
    secret: str


@dataclass(slots=True)
class Manner:
    """How webhooks are told: so many at once, begun in the order of the events or in none. One at
    a time comes strictly in that order, save what has to be tried again."""

    at_once: int = 16
    shuffled: bool = False


class Courier:
    """Sends what is due. A delivery stays in the file until it was taken, so that a killed sandbox
    sends it again."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.manner = Manner()
        self._world = world
        self._faults = faults
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self._held: list[int] = []
        self._lines = Lines(answer_seconds=_ANSWER_SECONDS)
        self._random = random.Random(0)  # noqa: S311 - nothing secret hangs on the order
        world.store.committed.append(self.look)

    async def run(self) -> None:
        """Until cancelled; what is written is looked at when it is committed, and besides time
        passes."""
        try:
            while True:
                self.look()
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._lines.close()

    def look(self) -> None:
        """Begin what is due."""
        self._let_happen()
        if self._world.store.database.in_transaction:
            return  # what is not committed is told to nobody, and a commit leads here again
        for sequence in self._due():
            self._under_way[sequence] = asyncio.create_task(self._deliver(sequence))

    def _let_happen(self) -> None:
        actions = {
            "bank": intents.bank_answers,
            "refund": refunds.bank_answers,
            "payout": payouts.bank_answers,
            "identity": identity.answer,
        }
        database = self._world.store.database
        due = database.execute(
            "SELECT sequence, action, id FROM timer WHERE due <= ? ORDER BY sequence",
            (self._world.time(),),
        ).fetchall()
        for sequence, action, id_ in due:
            with self._world.store.transaction():
                database.execute("DELETE FROM timer WHERE sequence = ?", (sequence,))
                actions[action](self._world, id_)

    def _due(self) -> list[int]:
        """As many as there is room for."""
        room = self.manner.at_once - len(self._under_way)
        if room <= 0:
            return []
        limit = len(self._under_way) + (AT_ONCE_AT_MOST if self.manner.shuffled else room)
        rows = self._world.store.database.execute(_DUE, (self._world.time(), limit))
        due = [sequence for (sequence,) in rows if sequence not in self._under_way]
        if self.manner.shuffled:
            self._random.shuffle(due)
        return due[:room]

    async def _deliver(self, sequence: int) -> None:
        database = self._world.store.database
        row = database.execute(_WHOLE, (sequence,)).fetchone()
        try:
            wait = await self._attempt(Delivery(*row)) if row else None
        finally:
            del self._under_way[sequence]
        with self._world.store.transaction():
            if wait is None:
                database.execute("DELETE FROM delivery WHERE sequence = ?", (sequence,))
            else:
                self._put_off(sequence, wait)

    def _put_off(self, sequence: int, seconds: float) -> None:
        self._world.store.database.execute(
            "UPDATE delivery SET due = ?, tries = tries + 1 WHERE sequence = ?",
            (self._world.time() + seconds, sequence),
        )

    async def _attempt(self, delivery: Delivery) -> float | None:
        """Seconds until the next try, or `None` when there is to be none."""
        if delivery.created < self._world.now() - _TRY_SECONDS:
            return None
        fault = self._fault(delivery)
        if fault is not None and fault.kind == "lose":
            return None
        if fault is not None and fault.kind in ("delay", "reorder"):
            if fault.kind == "reorder":
                self._held.append(delivery.sequence)
            return fault.seconds
        copies = 0 if fault is None else fault.copies
        taken = await asyncio.gather(*(self._post(delivery) for _ in range(1 + copies)))
        self._let_go()
        return None if all(taken) else _wait(delivery.tries)

    def _fault(self, delivery: Delivery) -> Fault | None:
        """Faults are for what is told for the first time."""
        if delivery.tries:
            return None
        return self._faults.of_webhook(delivery.kind)

    def _let_go(self) -> None:
        """What was held back for the sake of the order comes right after another."""
        if self._held:
            with self._world.store.transaction():
                for sequence in self._held:
                    self._put_off(sequence, 0)
            self._held.clear()

    async def _post(self, delivery: Delivery) -> bool:
        payload = delivery.payload.encode()
        signature = sign(payload, delivery.secret, int(self._world.clock()))
        headers = f"Content-Type: application/json\r\nStripe-Signature: {signature}\r\n"
        try:
            status = await self._lines.post(delivery.url, payload, headers)
        except NotTaken as reason:
            _log.warning("%s could not be delivered: %s", delivery.kind, reason)
            return False
        if not 200 <= status < 300:
            _log.warning("%s was answered %d", delivery.kind, status)
        return 200 <= status < 300


def _wait(tries: int) -> float:
    return min(_FIRST_WAIT_SECONDS * float(2 ** min(tries, 20)), _WAIT_AT_MOST_SECONDS)
