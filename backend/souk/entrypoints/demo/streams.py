"""Following an order's event stream, as a browser does."""

import threading

import httpx

from souk.entrypoints.demo.documents import Document

_SILENCE_SECONDS = 30
_DATA = "data: "


class Stream:
    """Collects the events of one order in a thread of its own, until the order is over."""

    def __init__(self, url: str, last_status: str) -> None:
        self._url = url
        self._last_status = last_status
        self._events: list[Document] = []
        self._connected = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        self._connected.wait(_SILENCE_SECONDS)

    def events(self, *, seconds: float = 5) -> tuple[Document, ...]:
        """What has arrived once the last status has, or once time is over."""
        self._thread.join(seconds)
        return tuple(self._events)

    def _follow(self) -> None:
        try:
            with httpx.stream("GET", self._url, timeout=_SILENCE_SECONDS) as response:
                self._connected.set()
                for line in response.iter_lines():
                    if line.startswith(_DATA) and self._is_last(line):
                        return
        except httpx.HTTPError as error:
            # What is missing from the stream is found by the checks that look for it.
            self._events.append(Document({"status": f"the stream broke: {error}"}))
        finally:
            self._connected.set()

    def _is_last(self, line: str) -> bool:
        event = Document.parse(line.removeprefix(_DATA), "event")
        self._events.append(event)
        return event.find("status") == self._last_status
