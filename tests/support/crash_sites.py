"""Every place of the product that speaks to the outside, and a blow that falls at one of them.

A place is the line of the product's own code that made the call. The calls are caught where the
libraries make them, in a process that exists for one telling of the story.
"""

import functools
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import httpx
import psycopg
import redis
import redis.client

import souk

_ROOT = str(Path(souk.__file__).parent) + os.sep
# What everything passes through says nothing of who called.
_PLUMBING = tuple(_ROOT + name for name in ("core/unit_of_work.py", "adapters/evm/rpc.py"))


class Kind(StrEnum):
    """What is called."""

    SQL = "statement"
    COMMIT = "commit"
    REDIS = "redis"
    RPC = "rpc"


class Site(NamedTuple):
    """A kind of call, and the line that makes it, such as `core/outbox.py:181`."""

    kind: Kind
    line: str


class Death(StrEnum):
    """What happens at a call: the process dies before it is made, or after it was answered; or the
    answer is lost with the connection, and the process lives."""

    BEFORE = "before"
    AFTER = "after"
    LOST = "reply lost"


@dataclass(frozen=True)
class Blow:
    """What happens at the call that a place makes for the `occurrence`-th time, from 0."""

    site: Site
    occurrence: int
    death: Death

    def __str__(self) -> str:
        return f"{self.death} {self.site.kind} {self.site.line} #{self.occurrence}"


class Sites:
    """Counts the calls of this process, and lets the blow fall. `ends` has, of each place, whether
    what it sent was the end of a transaction."""

    def __init__(self, blow: Blow | None) -> None:
        self._blow = blow
        self.calls: Counter[Site] = Counter()
        self.ends: set[Site] = set()
        self.struck = False

    def watch(self) -> None:
        """From now on. There is no way back: the process is for this alone."""
        for of, name, kind in (
            (psycopg.Cursor, "execute", Kind.SQL),
            (psycopg.Cursor, "executemany", Kind.SQL),
            (psycopg.Connection, "commit", Kind.COMMIT),
            (redis.Redis, "execute_command", Kind.REDIS),
            (redis.client.Pipeline, "execute", Kind.REDIS),
            (httpx.HTTPTransport, "handle_request", Kind.RPC),
        ):
            setattr(of, name, self._watched(getattr(of, name), kind))
        made = psycopg.AsyncCursor.execute

        @functools.wraps(made)
        async def execute(cursor: psycopg.AsyncCursor, *arguments: object, **options: object):
            return await self._async_call(made, cursor, arguments, options)

        psycopg.AsyncCursor.execute = execute

    def _watched(self, made: Callable, kind: Kind) -> Callable:
        @functools.wraps(made)
        def call(caller: object, *arguments: object, **options: object):
            site = _site(kind)
            if site is None:
                return made(caller, *arguments, **options)
            ends = _ends_transaction(kind, caller)
            death = self._count(site, ends=ends)
            _die_if(death is Death.BEFORE)
            answer = made(caller, *arguments, **options)
            _die_if(death is Death.AFTER)
            if death is Death.LOST:
                self.struck = True
                _lose(caller)
            return answer

        return call

    async def _async_call(
        self, made: Callable, cursor: object, arguments: tuple, options: dict
    ) -> object:
        site = _site(Kind.SQL)
        death = None if site is None else self._count(site, ends=False)
        _die_if(death is Death.BEFORE)
        answer = await made(cursor, *arguments, **options)
        _die_if(death is Death.AFTER)
        return answer

    def _count(self, site: Site, *, ends: bool) -> Death | None:
        occurrence = self.calls[site]
        self.calls[site] += 1
        if ends:
            self.ends.add(site)
        blow = self._blow
        if blow is None or (blow.site, blow.occurrence) != (site, occurrence):
            return None
        return blow.death


def _site(kind: Kind) -> Site | None:
    """Who called; `None` when it was nobody of the product."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_ROOT) and name not in _PLUMBING:
            return Site(kind, f"{name.removeprefix(_ROOT)}:{frame.f_lineno}")
        frame = frame.f_back
    return None


def _ends_transaction(kind: Kind, caller: object) -> bool:
    if kind is Kind.COMMIT:
        return True
    return kind is Kind.SQL and isinstance(caller, psycopg.Cursor) and caller.connection.autocommit


def _die_if(due: bool) -> None:
    if due:
        os.kill(os.getpid(), signal.SIGKILL)


def _lose(caller: object) -> None:
    """The server has done it, and what it answered never arrives."""
    connection = caller.connection if isinstance(caller, psycopg.Cursor) else caller
    assert isinstance(connection, psycopg.Connection)
    connection.close()
    raise psycopg.OperationalError("server closed the connection unexpectedly")
