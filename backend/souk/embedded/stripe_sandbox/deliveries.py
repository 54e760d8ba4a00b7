"""Webhooks: https://docs.stripe.com/webhooks, signed, and tried again until they are taken."""

import asyncio
import hashlib
import hmac
import json
import logging

import httpx

from souk.adapters.stripe.version import API_VERSION
from souk.embedded.stripe_sandbox import charges, intents
from souk.embedded.stripe_sandbox.failures import missing
from souk.embedded.stripe_sandbox.faults import WEBHOOK_FAULTS, Faults
from souk.embedded.stripe_sandbox.form import Params
from souk.embedded.stripe_sandbox.store import Object, new_id
from souk.embedded.stripe_sandbox.world import World, shown

_log = logging.getLogger(__name__)
_TRIES = 12
_ANSWER_SECONDS = 10
_AT_ONCE = 16
_LOOK_SECONDS = 0.2
_FIRST_WAIT_SECONDS = 0.25


def sign(payload: bytes, secret: str, timestamp: int) -> str:
    """The header `Stripe-Signature`."""
    signed = b"%d.%s" % (timestamp, payload)
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def create_endpoint(world: World, params: Params) -> Object:
    """`POST /v1/webhook_endpoints`; the secret is told once."""
    url, events = params.need("url"), params.texts("enabled_events")
    if not events:
        raise missing("enabled_events")
    params.forget("api_version", "connect")
    item: Object = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": world.now(),
        "description": params.text("description"),
        "enabled_events": events,
        "livemode": False,
        "metadata": params.metadata(),
        "status": "enabled",
        "url": url,
    }
    params.finish()
    secret = new_id("whsec", 32)
    world.store.put({**item, "_secret": secret})
    return {**item, "secret": secret}


def delete_endpoint(world: World, params: Params, id_: str) -> Object:
    """`DELETE /v1/webhook_endpoints/{id}`."""
    params.finish()
    world.find("webhook_endpoint", id_)
    world.store.database.execute("DELETE FROM object WHERE id = ?", (id_,))
    world.store.database.execute("DELETE FROM delivery WHERE endpoint = ?", (id_,))
    return {"id": id_, "object": "webhook_endpoint", "deleted": True}


def given_endpoint(world: World, url: str, secret: str) -> None:
    """The endpoint that the sandbox is started with; it replaces that of an earlier start."""
    found, _ = world.store.page("webhook_endpoint", account=None, limit=100)
    former = next((each for each in found if each.get("_given")), None)
    item = former or {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": API_VERSION,
        "application": None,
        "created": world.now(),
        "description": "given at the start",
        "enabled_events": ["*"],
        "livemode": False,
        "metadata": {},
        "status": "enabled",
    }
    world.store.put({**item, "url": url, "_secret": secret, "_given": True})


class Courier:
    """Sends what is due, and lets happen what happens by itself."""

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._wake = asyncio.Event()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._held: list[tuple[str, str]] = []

    def wake(self) -> None:
        """Look now."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with (
            httpx.AsyncClient(timeout=_ANSWER_SECONDS) as client,
            asyncio.TaskGroup() as all_,
        ):
            while True:
                self._wake.clear()
                self._let_happen()
                for event, endpoint, tries in self._take():
                    await self._room.acquire()
                    all_.create_task(self._deliver(client, event, endpoint, tries))
                try:
                    await asyncio.wait_for(self._wake.wait(), _LOOK_SECONDS)
                except TimeoutError:
                    continue

    def _let_happen(self) -> None:
        actions = {"bank": intents.bank_answers, "refund": charges.refund_answers}
        database = self._world.store.database
        due = database.execute(
            "SELECT sequence, action, id FROM timer WHERE due <= ? ORDER BY sequence",
            (self._world.clock(),),
        ).fetchall()
        for sequence, action, id_ in due:
            with self._world.store.transaction():
                database.execute("DELETE FROM timer WHERE sequence = ?", (sequence,))
                actions[action](self._world, id_)

    def _take(self) -> list[tuple[str, str, int]]:
        """What is due; it stays in the table until it was taken, put off for as long as that may
        take, so that a killed sandbox sends it again."""
        database, now = self._world.store.database, self._world.clock()
        rows = database.execute(
            "SELECT sequence, event, endpoint, tries FROM delivery WHERE due <= ?"
            " ORDER BY sequence LIMIT 64",
            (now,),
        ).fetchall()
        for sequence, *_ in rows:
            database.execute(
                "UPDATE delivery SET due = ?, tries = tries + 1 WHERE sequence = ?",
                (now + 2 * _ANSWER_SECONDS, sequence),
            )
        return [(event, endpoint, tries) for _, event, endpoint, tries in rows]

    async def _deliver(
        self, client: httpx.AsyncClient, event: str, endpoint: str, tries: int
    ) -> None:
        try:
            wait = await self._attempt(client, event, endpoint, tries)
        finally:
            self._room.release()
        database = self._world.store.database
        if wait is not None:
            database.execute(
                "UPDATE delivery SET due = ? WHERE event = ? AND endpoint = ?",
                (self._world.clock() + wait, event, endpoint),
            )
            return
        database.execute("DELETE FROM delivery WHERE event = ? AND endpoint = ?", (event, endpoint))
        item = self._world.store.get("event", event)
        if item is not None:
            self._world.store.put({**item, "pending_webhooks": item["pending_webhooks"] - 1})

    async def _attempt(
        self, client: httpx.AsyncClient, event: str, endpoint: str, tries: int
    ) -> float | None:
        """Seconds until the next try, or `None` when there is to be none."""
        item = self._world.store.get("event", event)
        target = self._world.store.get("webhook_endpoint", endpoint)
        if item is None or target is None or tries >= _TRIES:
            return None
        fault = self._faults.meet(WEBHOOK_FAULTS, item["type"]) if tries == 0 else None
        if fault is not None and fault.kind == "lose":
            return None
        if fault is not None and fault.kind == "reorder":
            self._held.append((event, endpoint))
        if fault is not None and fault.kind in ("delay", "reorder"):
            return fault.seconds
        taken = await self._post(client, item, target)
        if fault is not None:
            await self._post(client, item, target)
        self._let_go(event)
        return None if taken else _FIRST_WAIT_SECONDS * 2**tries

    def _let_go(self, sent: str) -> None:
        """What was held back for the sake of the order comes right after another."""
        if not self._held or self._held[-1][0] == sent:
            return
        for event, endpoint in self._held:
            self._world.store.database.execute(
                "UPDATE delivery SET due = 0 WHERE event = ? AND endpoint = ?", (event, endpoint)
            )
        self._held.clear()
        self.wake()

    async def _post(self, client: httpx.AsyncClient, item: Object, target: Object) -> bool:
        payload = json.dumps(shown(item)).encode()
        signature = sign(payload, target["_secret"], self._world.now())
        headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
        try:
            answer = await client.post(target["url"], content=payload, headers=headers)
        except httpx.HTTPError as error:
            _log.warning("%s could not be delivered: %s", item["type"], type(error).__name__)
            return False
        if not answer.is_success:
            _log.warning("%s was answered %d", item["type"], answer.status_code)
        return answer.is_success
