"""A service that pins for others, by the IPFS Pinning Service API 1.0
(https://ipfs.github.io/pinning-services-api-spec/).

It takes no bytes: it fetches blocks itself, from the origins that it is told, and serves none, so
that they are read back through gateways. Each wish to pin has an id of its own; a block that was
wished for several times is kept until all of them are taken back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from souk.adapters.content.checks import find_cid, require_named, require_same
from souk.adapters.exchange.answers import senseless, unavailable
from souk.adapters.exchange.server import Server
from souk.modules.media.domain import Cid, PinState
from souk.modules.media.ports import BlockSource

_STATES = {
    "queued": PinState.PENDING,
    "pinning": PinState.PENDING,
    "pinned": PinState.PINNED,
    "failed": PinState.FAILED,
}
# When nothing is said, only what is pinned is listed.
_ANY_STATUS = ",".join(_STATES)
# Of several wishes the luckiest counts.
_BEST_FIRST = (PinState.PINNED, PinState.PENDING, PinState.FAILED)
_PAGE = 1000
_PAGES_AT_MOST = 1000
_ANSWER_BYTES = 64 * 1024
# What a wish takes with all its origins and addresses.
_PAGE_BYTES = _PAGE * 8 * 1024
_NOT_FOUND = 404
_WISHES_AT_MOST = 100
MAX_ORIGINS = 20


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the service says of one wish."""

    request_id: str
    named: str
    state: PinState
    created: str


class RemotePinStore:
    """The `PinStore` at a pinning service. `origins` are the multiaddresses at which nodes of ours
    have the blocks; `source` is where they are read back from. Safe to share between threads."""

    def __init__(
        self,
        server: Server,
        source: BlockSource,
        *,
        origins: Sequence[str] = (),
        target: str = "pinning-service",
    ) -> None:
        if len(origins) > MAX_ORIGINS:
            raise ValueError(f"a pinning service takes {MAX_ORIGINS} origins at most")
        self._server = server
        self._source = source
        self._origins = list(origins)
        self._target = target

    @property
    def target(self) -> str:
        """As it was named."""
        return self._target

    def add(self, cid: Cid, block: bytes) -> PinState:
        """Wish for the block, unless a wish is under way. What failed is wished for again."""
        require_named(block, cid, "the caller")
        state = self.state(cid)
        if state in (PinState.PINNED, PinState.PENDING):
            return state
        wished = {"cid": cid, "origins": self._origins}
        answer = self._server.ask("POST", "/pins", json=wished, max_bytes=_ANSWER_BYTES)
        wish = self._wish(answer.require_object())
        require_same(wish.named, cid, self._server.name)
        return wish.state

    def state(self, cid: Cid) -> PinState:
        """The best of what became of our wishes."""
        states = {wish.state for wish in self._wishes(cid)}
        return next((state for state in _BEST_FIRST if state in states), PinState.ABSENT)

    def read(self, cid: Cid) -> bytes:
        """From a gateway, which may have it from anybody."""
        return self._source.fetch(cid)

    def unpin(self, cid: Cid) -> None:
        """Take every wish back."""
        for wish in self._wishes(cid):
            path = f"/pins/{quote(wish.request_id, safe='')}"
            answer = self._server.ask("DELETE", path, max_bytes=_ANSWER_BYTES)
            if answer.status != _NOT_FOUND:
                answer.require_ok()

    def list_pins(self) -> frozenset[Cid]:
        """Page by page, from the newest to the oldest."""
        found = {find_cid(wish.named) for page in self._pages() for wish in page}
        return frozenset(cid for cid in found if cid is not None)

    def _pages(self) -> Iterator[Sequence[_Wish]]:
        query = {"status": "pinned", "limit": str(_PAGE)}
        for _ in range(_PAGES_AT_MOST):
            page, count = self._page(query)
            yield page
            # Some count what they have told already, too.
            if not page or count <= len(page):
                return
            oldest = page[-1].created
            if oldest == query.get("before"):
                break
            query["before"] = oldest
        raise unavailable(self._server.name, "lists pins without an end")

    def _wishes(self, cid: Cid) -> Sequence[_Wish]:
        query = {"cid": cid, "status": _ANY_STATUS, "limit": str(_WISHES_AT_MOST)}
        wishes, _count = self._page(query)
        for wish in wishes:
            require_same(wish.named, cid, self._server.name)
        return wishes

    def _page(self, query: Mapping[str, str]) -> tuple[Sequence[_Wish], int]:
        answer = self._server.ask("GET", "/pins", params=query, max_bytes=_PAGE_BYTES)
        found = answer.require_object()
        count, results = found.get("count"), found.get("results")
        if not isinstance(count, int) or not isinstance(results, list):
            raise senseless(self._server.name)
        return [self._wish(each) for each in results], count

    def _wish(self, said: object) -> _Wish:
        match said:
            case {
                "requestid": str(request_id),
                "status": str(status),
                "created": str(created),
                "pin": {"cid": str(named)},
            } if status in _STATES:
                return _Wish(request_id, named, _STATES[status], created)
        raise senseless(self._server.name)
