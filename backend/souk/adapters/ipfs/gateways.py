"""Blocks from gateways (https://specs.ipfs.tech/http-gateways/trustless-gateway/).

Whoever runs a gateway may answer anything, so that only blocks as they are (`format=raw`) are asked
for, which can be compared with their CID. A gateway that answered with other bytes is not asked
for a while: it is broken or it lies, and either takes time from those who wait.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from math import inf

from souk.adapters.content.checks import require_named
from souk.adapters.exchange.server import Server
from souk.adapters.http.patience import Patience
from souk.core.clock import Clock
from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.modules.media.domain import MAX_BLOCK_BYTES, QUARANTINE, Cid
from souk.modules.media.errors import BlockNotFound, ContentMismatch

_MEDIA_TYPE = {"Accept": "application/vnd.ipld.raw"}
_NOT_THERE = (404, 410)


class GatewayBlockSource:
    """The `BlockSource` that asks gateways in their order until one has the block. Safe to share
    between threads; each process finds out by itself who lies, and tells `on_lie` the name."""

    def __init__(
        self,
        gateways: Sequence[Server],
        clock: Clock,
        *,
        on_lie: Callable[[str], object] = lambda _name: None,
    ) -> None:
        self._gateways = tuple(gateways)
        self._clock = clock
        self._on_lie = on_lie
        # By their places in that order.
        self._until: dict[int, datetime] = {}
        self._lock = threading.Lock()

    def fetch(self, cid: Cid, *, seconds: float = inf) -> bytes:
        """The first true answer. When there is none, and one gateway could not be asked, nothing is
        known."""
        patience = Patience(seconds)
        asked = self._trusted()
        unsure = len(asked) < len(self._gateways) or not asked
        lie: ContentMismatch | None = None
        for place in asked:
            gateway = self._gateways[place]
            try:
                block = _ask(gateway, cid, patience.left(gateway.seconds))
                return require_named(block, cid, gateway.name)
            except BlockNotFound:
                pass
            except ContentMismatch as mismatch:
                # Strangers may name blocks that are larger than any of ours, and whoever gives one
                # of those tells no lie.
                if len(block) <= MAX_BLOCK_BYTES:
                    self._distrust(place)
                lie = mismatch
            except (ProviderUnavailable, ProviderRejected):
                unsure = True
        if lie is not None:
            raise lie
        if unsure:
            raise ProviderUnavailable(f"no gateway that could be asked has {cid}")
        raise BlockNotFound(cid, "every gateway")

    def _trusted(self) -> Sequence[int]:
        now = self._clock.now()
        with self._lock:
            return [n for n in range(len(self._gateways)) if self._until.get(n, now) <= now]

    def _distrust(self, place: int) -> None:
        with self._lock:
            self._until[place] = self._clock.now() + QUARANTINE
        self._on_lie(self._gateways[place].name)


def _ask(gateway: Server, cid: Cid, seconds: float) -> bytes:
    answer = replace(gateway, seconds=seconds).ask(
        "GET",
        f"/ipfs/{cid}",
        params={"format": "raw"},
        headers=_MEDIA_TYPE,
        # One byte more than a block tells that it is none.
        max_bytes=MAX_BLOCK_BYTES + 1,
        cut=True,
    )
    if answer.status in _NOT_THERE:
        raise BlockNotFound(cid, gateway.name)
    return answer.require_ok()
