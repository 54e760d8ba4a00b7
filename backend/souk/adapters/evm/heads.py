"""New blocks as a node announces them over a WebSocket (`eth_subscribe`, `newHeads`).

An announcement only wakes whoever asks over HTTP anyway, and nothing in it is read: a connection
that drops, stalls, lies or floods costs a moment and never a block. Nothing of the address leaves
this file, as in `rpc`.
"""

import json
import logging
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Protocol

from websockets.sync.client import connect

_log = logging.getLogger(__name__)

_SUBSCRIBE = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}
)
_ANNOUNCES = "eth_subscription"
_MAX_MESSAGE_BYTES = 256 * 1024
_MOST_WAITING = 4
_STOP_CHECK_SECONDS = 0.25


class Connection(Protocol):
    """What is listened to."""

    def send(self, message: str) -> None:
        """Say something."""
        ...

    def recv(self, timeout: float | None = None) -> str | bytes:
        """The next message. Raises `TimeoutError`, and whatever else a connection ends with."""
        ...

    def close(self) -> None:
        """End it."""
        ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long silence is borne (a chain makes blocks more often), how long to wait before the
    next try at first and at most, and the least between two announcements that are heeded."""

    silence_seconds: float = 20.0
    first_retry_seconds: float = 0.5
    most_retry_seconds: float = 30.0
    gap_seconds: float = 0.05


class WebSocketHeads:
    """The `Heads` of one chain, from the first of several addresses that announces any. It listens
    in a thread of its own from the first `wait` on."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        label: str,
        patience: Patience | None = None,
        open_connection: Callable[[str], Connection] | None = None,
    ) -> None:
        """`label` is what the log calls the chain; it must hold no secret."""
        self._urls = cycle(urls)
        self._label = label
        self._patience = patience or Patience()
        self._open = open_connection or _open
        self._woken, self._closed = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._heard_at = float("inf")
        self._alarmed = False

    def __repr__(self) -> str:
        return f"WebSocketHeads({self._label})"

    @property
    def heard(self) -> bool:
        """Whether a block was announced lately; true until there was time for one."""
        return time.monotonic() - self._heard_at < self._patience.silence_seconds

    def wait(self, timeout_seconds: float) -> bool:
        """Block until a block is announced or the time is over; `True` if one was."""
        if self._thread is None:
            self._heard_at = time.monotonic()
            self._thread = threading.Thread(
                target=self._listen, name=f"heads of {self._label}", daemon=True
            )
            self._thread.start()
        woken = self._woken.wait(timeout_seconds)
        self._woken.clear()
        return woken

    def close(self) -> None:
        """Stop listening."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join(timeout=1)

    def _listen(self) -> None:
        """Whatever ends a connection, a defect of ours or of the library included, the next one is
        tried: nobody would notice a thread that is gone."""
        retry = self._patience.first_retry_seconds
        while not self._closed.is_set():
            begun = time.monotonic()
            try:
                self._follow(next(self._urls))
            except Exception as error:  # any of the vendor's, whose words may name the address
                _log.info("heads of %s: %s", self._label, type(error).__name__)
            self._tell_silence()
            if self._heard_at > begun:
                retry = self._patience.first_retry_seconds
            self._closed.wait(retry)
            retry = min(2 * retry, self._patience.most_retry_seconds)

    def _follow(self, url: str) -> None:
        """Listen to one connection until it ends or has been silent for too long."""
        connection = self._open(url)
        try:
            connection.send(_SUBSCRIBE)
            until = time.monotonic() + self._patience.silence_seconds
            while (left := until - time.monotonic()) > 0 and not self._closed.is_set():
                message = _received(connection, min(left, _STOP_CHECK_SECONDS))
                if message is None:
                    continue
                if _ANNOUNCES in message:
                    until = time.monotonic() + self._patience.silence_seconds
                    self._heed()
                # What else arrives stays where it is meanwhile: the sender of a flood has to wait.
                self._closed.wait(self._patience.gap_seconds)
        finally:
            connection.close()

    def _heed(self) -> None:
        self._heard_at = time.monotonic()
        self._woken.set()
        if self._alarmed:
            _log.warning("heads of %s: announced again", self._label)
            self._alarmed = False

    def _tell_silence(self) -> None:
        if not self.heard and not self._alarmed and not self._closed.is_set():
            seconds = self._patience.silence_seconds
            _log.error("heads of %s: none announced for %s s", self._label, seconds)
            self._alarmed = True


def _received(connection: Connection, seconds: float) -> str | None:
    """The next message, if one comes in time; bytes say nothing to us."""
    try:
        message = connection.recv(timeout=seconds)
    except TimeoutError:
        return None
    return message if isinstance(message, str) else ""


def _open(url: str) -> Connection:
    return connect(
        url,
        # Its own would write addresses and their keys into the log.
        logger=logging.Logger("websockets", level=logging.CRITICAL + 1),
        ssl=ssl.create_default_context() if url.startswith("wss:") else None,
        compression=None,
        proxy=None,
        open_timeout=5,
        close_timeout=1,
        ping_interval=10,
        ping_timeout=10,
        max_size=_MAX_MESSAGE_BYTES,
        max_queue=_MOST_WAITING,
    )
