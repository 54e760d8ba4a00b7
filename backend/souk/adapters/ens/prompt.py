"""Looking names up for somebody who waits: an answer comes within a moment, or none does."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

from souk.core.errors import UnavailableError
from souk.core.transaction_guard import refuse_open_transaction
from souk.modules.names.domain import EnsName, NameRecord
from souk.modules.names.ports import NameService

SECONDS = 2.0
"""A look takes three trips to a node. Each has its own limit, and an answer that drips may stretch
that several times: only a clock beside them bounds the whole."""

_AT_ONCE = 8


class PromptNames:
    """The `PromptLooks` port over a `NameService`, in threads of its own. A look that is late goes
    on until its node is given up, and nobody waits for it."""

    def __init__(self, service: NameService, *, seconds: float = SECONDS) -> None:
        self._service, self._seconds = service, seconds
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="names")

    def look_all(self, names: Sequence[EnsName]) -> Mapping[EnsName, NameRecord]:
        """All of them at the same time."""
        refuse_open_transaction()
        look = partial(self._service.look, off_chain=True)
        asked = {name: self._threads.submit(look, name) for name in names}
        done, late = wait(asked.values(), timeout=self._seconds)
        for one in late:
            one.cancel()
        found = {name: _answer(one) for name, one in asked.items() if one in done}
        return {name: record for name, record in found.items() if record is not None}

    def close(self) -> None:
        """Begin no look any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _answer(look: Future[NameRecord]) -> NameRecord | None:
    try:
        return look.result()
    except UnavailableError:
        return None
