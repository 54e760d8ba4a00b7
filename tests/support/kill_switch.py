"""A switch between the product and one of its parts: bytes pass until it is turned off, then
every connection is cut and none is made, as when the part's machine has died."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_CHUNK = 65_536
Dial = Callable[[], socket.socket]


class KillSwitch:
    """Begins turned on. `dial` connects to the part itself, `listen` makes the socket that the
    product connects to, always at the same address."""

    def __init__(self, listen: Dial, dial: Dial) -> None:
        self._listen = listen
        self._dial = dial
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.on()

    def on(self) -> None:
        """Let connections through again."""
        self._listener = self._listen()
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def off(self) -> None:
        """Cut everything."""
        listener, self._listener = self._listener, None
        if listener is not None:
            _close(listener)
        with self._lock:
            cut, self._open = self._open, set()
        for end in cut:
            _close(end)

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Off while the block runs."""
        self.off()
        try:
            yield
        finally:
            self.on()

    @contextmanager
    def still(self) -> Iterator[socket.socket]:
        """While the block runs connections are made and nothing is ever said, as when the part's
        process was stopped; the socket at which the callers wait."""
        self.off()
        held = self._listen()
        try:
            yield held
        finally:
            _close(held)
            self.on()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                near, _ = listener.accept()
                self._join(listener, near)

    def _join(self, listener: socket.socket, near: socket.socket) -> None:
        try:
            far = self._dial()
        except OSError:
            _close(near)
            return
        with self._lock:
            if listener is not self._listener:
                _close(near)
                _close(far)
                return
            self._open |= {near, far}
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK):
                sink.sendall(chunk)
        for end in (source, sink):
            _close(end)
        with self._lock:
            self._open -= {source, sink}


def _close(end: socket.socket) -> None:
    # A thread that waits in `accept` or `recv` is woken by the shutdown alone.
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def path_switch(outside: Path, inside: Path) -> KillSwitch:
    """A switch between two unix sockets."""

    def listen() -> socket.socket:
        outside.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(outside))
        listener.listen(64)
        return listener

    def dial() -> socket.socket:
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(str(inside))
        except OSError:
            far.close()
            raise
        return far

    return KillSwitch(listen, dial)


def port_switch(inside: int) -> tuple[KillSwitch, int]:
    """A switch in front of a port of this machine, and its own port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        outside: int = probe.getsockname()[1]
    return (
        KillSwitch(
            lambda: socket.create_server(("127.0.0.1", outside)),
            lambda: socket.create_connection(("127.0.0.1", inside)),
        ),
        outside,
    )
