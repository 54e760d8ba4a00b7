"""How many requests and webhooks a second the Stripe sandbox manages on one core, its client and
the receiver of its webhooks on another.

    python -m tests.support.stripe_load [--seconds N] [--connections N]

Each connection pays again and again: an intent, its confirmation by the buyer's browser, a look at
it, and a transfer of most of it. The client speaks plain sockets, so that it needs less than what
it measures.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import httpx
import psutil

from souk.embedded import parts
from souk.embedded.anvil import free_port
from souk.embedded.stripe import StripeSandbox, stripe_sandbox
from tests.support.waiting import eventually

_DRAIN_SECONDS = 60
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Measured:
    """What came of it; times in seconds."""

    took: dict[str, list[float]] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    paid_at: dict[str, float] = field(default_factory=dict)
    told_after: list[float] = field(default_factory=list)
    webhooks: int = 0
    webhooks_in_time: int = 0
    connections: int = 0
    core_seconds: float = 0

    def lines(self, seconds: float, drained: float) -> Iterator[str]:
        """For people."""
        requests = sum(map(len, self.took.values()))
        for name, took in self.took.items():
            yield f"{name:<10}{_spread(took)}"
        yield f"{'webhook':<10}{_spread(self.told_after)} after the buyer's answer"
        yield (
            f"requests {requests / seconds:.0f}/s, webhooks {self.webhooks_in_time / seconds:.0f}/s"
            f" over {self.connections} connections; the rest {drained:.1f} s later"
            f" ({self.webhooks} of {requests} in all); refused {dict(self.refused)}"
        )
        took = self.core_seconds / requests
        yield f"{1000 * took:.2f} ms of a core for a request with its webhook: {1 / took:.0f}/s"


def _spread(took: list[float]) -> str:
    cuts = quantiles(took, n=100) if len(took) > 1 else [0.0] * 99
    half, slow, slowest = (1000 * cuts[at] for at in (49, 94, 98))
    return f"50 % {half:>8.1f} ms   95 % {slow:>8.1f} ms   99 % {slowest:>8.1f} ms"


class Connection:
    """One kept connection to the sandbox."""

    def __init__(self, server: StripeSandbox, measured: Measured) -> None:
        self._server = server
        self._measured = measured

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._server.port)

    async def ask(
        self, name: str, path: str, fields: dict[str, object] | None, *, key: str = ""
    ) -> dict:
        """One request; `fields` are posted."""
        public = name == "confirm"
        token = self._server.publishable_key if public else self._server.secret_key
        body = b"" if fields is None else urlencode(fields).encode()
        head = (
            f"{'GET' if fields is None else 'POST'} /v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            + (f"Idempotency-Key: {key}\r\n" if key else "")
            + "\r\n"
        )
        begun = time.perf_counter()
        self._writer.write(head.encode() + body)
        status, answer = await _message(self._reader)
        self._measured.took.setdefault(name, []).append(time.perf_counter() - begun)
        if not status.startswith(b"HTTP/1.1 200"):
            self._measured.refused[f"{name} {status[9:12].decode()}"] += 1
        return json.loads(answer)


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0])
    return head, await reader.readexactly(length)


async def pay_repeatedly(
    number: int, server: StripeSandbox, seller: str, measured: Measured, until: float
) -> None:
    """One connection that pays again as soon as it has paid."""
    connection, round_ = Connection(server, measured), 0
    await connection.open()
    while time.perf_counter() < until:
        round_ += 1
        order = f"order_{os.getpid()}_{number}_{round_}"
        await _pay(connection, order, seller, measured)


async def _pay(connection: Connection, order: str, seller: str, measured: Measured) -> None:
    intent = await connection.ask(
        "create",
        "payment_intents",
        {
            "amount": 5_000,
            "currency": "usd",
            "transfer_group": order,
            "metadata[attempt]": order,
            "metadata[order]": order,
            "automatic_payment_methods[enabled]": "true",
        },
        key=f"{order}:create",
    )
    path = f"payment_intents/{intent['id']}"
    secret = intent["client_secret"]
    await connection.ask(
        "confirm", f"{path}/confirm", {"payment_method": "pm_card_visa", "client_secret": secret}
    )
    measured.paid_at[intent["id"]] = time.perf_counter()
    found = await connection.ask("retrieve", f"{path}?expand[]=latest_charge", None)
    await connection.ask(
        "transfer",
        "transfers",
        {
            "amount": 4_500,
            "currency": "usd",
            "destination": seller,
            "source_transaction": found["latest_charge"]["id"],
            "transfer_group": order,
            "metadata[order]": order,
        },
        key=f"{order}:transfer",
    )


async def _take(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, measured: Measured
) -> None:
    """Webhooks of one connection."""
    measured.connections += 1
    try:
        while True:
            _, body = await _message(reader)
            writer.write(_ANSWER)
            measured.webhooks += 1
            event = json.loads(body)
            if event["type"] == "payment_intent.succeeded":
                paid = measured.paid_at.get(event["data"]["object"]["id"], time.perf_counter())
                measured.told_after.append(time.perf_counter() - paid)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def core_seconds(running: parts.Running) -> float:
    """What the sandbox has used of the processor so far."""
    processes = psutil.Process(running.guardian_pid).children(recursive=True)
    return sum(each.cpu_times().user + each.cpu_times().system for each in processes)


async def measure(
    port: int, run: argparse.Namespace, server: StripeSandbox, running: parts.Running
) -> list[str]:
    """Pay for some seconds, then wait for the last webhook."""
    measured = Measured()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.CancelledError):
            await _take(reader, writer, measured)

    async with await asyncio.start_server(take, "127.0.0.1", port):
        seller = await asyncio.to_thread(_seller, server)
        begun, used = time.perf_counter(), core_seconds(running)
        payers = (
            pay_repeatedly(number, server, seller, measured, begun + run.seconds)
            for number in range(run.connections)
        )
        await asyncio.gather(*payers)
        seconds = time.perf_counter() - begun
        measured.webhooks_in_time = measured.webhooks
        asked = sum(map(len, measured.took.values()))
        all_told = partial(eventually, lambda: measured.webhooks >= asked, seconds=_DRAIN_SECONDS)
        await asyncio.to_thread(all_told, what="the last webhook")
        measured.core_seconds = core_seconds(running) - used
        return list(measured.lines(seconds, time.perf_counter() - begun - seconds))


def _seller(server: StripeSandbox) -> str:
    headers = {"Authorization": f"Bearer {server.secret_key}"}
    asked = {"type": "express", "capabilities[transfers][requested]": "true"}
    made = httpx.post(f"{server.url}/v1/accounts", data=asked, headers=headers).json()
    httpx.post(f"{server.url}/sandbox/accounts/{made['id']}/complete", headers=headers)
    return made["id"]


@contextmanager
def served(hooks: int) -> Iterator[tuple[StripeSandbox, parts.Running]]:
    """A sandbox on the first core; this process goes to the last one."""
    with tempfile.TemporaryDirectory(prefix="souk-s-") as directory:
        server = stripe_sandbox(
            Path(directory) / "stripe",
            free_port(),
            webhook_url=f"http://127.0.0.1:{hooks}/",
            webhook_secret="whsec_of_the_load",
        )
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[:1])
        running = parts.start(server.part(), Path(directory) / "stripe.log")
        os.sched_setaffinity(0, cores[-1:])
        try:
            yield server, running
        finally:
            running.kill()


def main(words: list[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="stripe_load", description=str(__doc__).splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5, help="how long (5)")
    parser.add_argument("--connections", type=int, default=16, help="at the same time (16)")
    run, hooks = parser.parse_args(words), free_port()
    with served(hooks) as (server, running):
        print("\n".join(asyncio.run(measure(hooks, run, server, running))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
