"""New heads over a WebSocket: they wake the watcher, and nothing that they do or leave undone
changes what it takes in."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import count

import pytest
from sqlalchemy import Connection
from websockets.sync.server import ServerConnection

from souk.adapters.evm.heads import Patience, WebSocketHeads
from souk.modules.chain.service import Chains
from tests.support.chain_builders import CHAIN_ID, course, standing
from tests.support.head_server import HEAD, head_server
from tests.support.scripted_chain import Intercepted, ScriptedChain, a_fact
from tests.support.waiting import eventually

Following = Callable[..., Chains]

HASTY = Patience(
    silence_seconds=0.3, first_retry_seconds=0.01, most_retry_seconds=0.05, gap_seconds=0.02
)
LONG = 5.0


def drop(connection: ServerConnection) -> None:
    connection.close()


def talk_nonsense(connection: ServerConnection) -> None:
    for nonsense in ("{", b"\xff\xfe", "null", '{"jsonrpc": "2.0", "id": 1, "error": {}}'):
        connection.send(nonsense)
    connection.recv()


def flood(connection: ServerConnection) -> None:
    while True:
        connection.send(HEAD)


@contextmanager
def heads_of(*urls: str, **fields: object) -> Iterator[WebSocketHeads]:
    with closing(
        WebSocketHeads(urls, label="test chain", **{"patience": HASTY, **fields})
    ) as heads:
        yield heads


def growing_slowly(chain: ScriptedChain, *, to: int) -> Callable[[Callable[[], object]], object]:
    """A hook: there is a new block with a fact at every second question, so that the watcher has
    nothing to do in between."""
    turns = count()

    def growing(ask: Callable[[], object]) -> object:
        if next(turns) % 2 and chain.height < to:
            chain.add(a_fact(escrow=chain.height))
        return ask()

    return growing


class TestListening:
    def test_wakes_when_a_block_is_announced(self) -> None:
        with head_server("announce") as server, heads_of(server.url) as heads:
            assert heads.wait(LONG)
        assert '"newHeads"' in server.asked[0]

    def test_sleeps_as_long_as_asked_when_nothing_is_announced(self) -> None:
        with head_server(talk_nonsense) as server, heads_of(server.url) as heads:
            assert not heads.wait(0.1)

    @pytest.mark.pitfall("W16")
    def test_wakes_again_when_connections_were_dropped(self) -> None:
        acts = (drop, talk_nonsense, drop, "announce")
        with head_server(*acts) as server, heads_of(server.url) as heads:
            assert heads.wait(LONG)

    @pytest.mark.pitfall("W16")
    def test_connects_anew_when_a_connection_lives_and_says_nothing_more(self) -> None:
        with head_server("stall", "announce") as server, heads_of(server.url) as heads:
            assert heads.wait(LONG)
            assert heads.wait(LONG)
        assert len(server.asked) == 2

    def test_turns_to_the_next_address_when_one_is_dead(self) -> None:
        with head_server("announce") as server, heads_of("ws://127.0.0.1:1", server.url) as heads:
            assert heads.wait(LONG)

    @pytest.mark.pitfall("W17")
    def test_goes_on_listening_when_something_raises_that_nobody_foresaw(self) -> None:
        tries = count()

        class Alive:
            def send(self, _message: str) -> None: ...
            def close(self) -> None: ...
            def recv(self, timeout: float | None = None) -> str:
                return HEAD

        def open_third(_url: str) -> Alive:
            if next(tries) < 2:
                raise RuntimeError("a defect")
            return Alive()

        with heads_of("ws://node", open_connection=open_third) as heads:
            assert heads.wait(LONG)

    @pytest.mark.pitfall("W17")
    def test_raises_an_alarm_when_nothing_is_announced_for_long(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        with head_server("stall") as server, heads_of(server.url) as heads:
            assert heads.wait(LONG)
            assert heads.heard
            server.acts = [talk_nonsense]
            eventually(lambda: not heads.heard)
            eventually(lambda: "none announced" in caplog.text)
        alarms = [one for one in caplog.records if one.levelno == logging.ERROR]
        assert len(alarms) == 1

    def test_bears_silence_for_less_than_half_a_minute_as_it_is_configured(self) -> None:
        assert Patience().silence_seconds < 30

    @pytest.mark.pitfall("W16")
    def test_wakes_only_so_often_when_it_is_flooded(self) -> None:
        with head_server(flood) as server, heads_of(server.url) as heads:
            assert heads.wait(LONG)
            until, woken = time.monotonic() + 0.4, 0
            while (left := until - time.monotonic()) > 0:
                woken += heads.wait(left)

        assert 1 <= woken <= 0.4 / HASTY.gap_seconds + 1

    @pytest.mark.pitfall("K3")
    def test_tells_no_log_what_is_secret_in_an_address(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        with head_server(drop) as server:
            urls = (f"{server.url}/k3y", "ws://k3y@127.0.0.1:1/k3y", "http://k3y", "wss://[k3y")
            with heads_of(*urls) as heads:
                heads.wait(0)
                eventually(lambda: len(server.asked) > 2)
        ours = [one.getMessage() for one in caplog.records if one.name != "websockets.server"]

        assert ours
        assert "k3y" not in " ".join(ours) + repr(heads)


class TestBeingWoken:
    @pytest.mark.parametrize("act", ["stall", "announce", drop, talk_nonsense, flood])
    @pytest.mark.pitfall("W16")
    def test_takes_everything_in_whatever_the_connection_does(
        self, following: Following, scripted: ScriptedChain, connection: Connection, act: object
    ) -> None:
        source = Intercepted(scripted, tips=growing_slowly(scripted, to=12))
        until = time.monotonic() + LONG
        with head_server(act) as server, heads_of(server.url) as heads:
            following(source, heads=heads).advance(
                CHAIN_ID,
                budget_seconds=LONG,
                keep_on=lambda: time.monotonic() < until and len(standing(connection)) < 12,
            )

        assert course(connection).count("seen") == 12
        assert len(standing(connection)) == 12

    def test_looks_before_its_time_when_a_block_is_announced(
        self, following: Following, scripted: ScriptedChain, connection: Connection
    ) -> None:
        source = Intercepted(scripted, tips=growing_slowly(scripted, to=5))
        until = time.monotonic() + LONG
        with head_server("announce") as server, heads_of(server.url) as heads:
            following(source, heads=heads, poll_seconds=60.0).advance(
                CHAIN_ID,
                budget_seconds=LONG,
                keep_on=lambda: time.monotonic() < until and scripted.height < 5,
            )

        assert scripted.height == 5
