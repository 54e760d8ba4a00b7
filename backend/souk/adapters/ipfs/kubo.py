"""A Kubo node, by its RPC (https://docs.ipfs.tech/reference/kubo/rpc/).

Whoever may speak to that may do everything with the node, so that it belongs in a network of its
own or behind `API.Authorizations`, and its port is published nowhere.

Errors of a command come with status 500 and a sentence, which is all that tells them apart.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from souk.adapters.content.checks import find_cid, require_named, require_same
from souk.adapters.exchange.answers import Answer, parsed, senseless, unavailable
from souk.adapters.exchange.server import Server
from souk.core.errors import ProviderUnavailable
from souk.modules.media.domain import MAX_BLOCK_BYTES, Cid, PinState
from souk.modules.media.errors import BlockNotFound

_COMMAND_FAILED = 500
_AS_ONE_BLOCK: Mapping[str, str] = {
    "cid-version": "1",
    "raw-leaves": "true",
    "hash": "sha2-256",
    # As much as a block may hold, so that a file is its only leaf. For whatever is not said here
    # the node has settings of its own.
    "chunker": f"size-{MAX_BLOCK_BYTES}",
    "trickle": "false",
    "inline": "false",
    "wrap-with-directory": "false",
    "pin": "true",
    "progress": "false",
    "quieter": "true",
}
# A root that others have pinned above ours may be let go of without us.
_FOR_ITSELF = {"type": "recursive"}
_NOT_PINNED = ("not pinned",)
_NOT_THERE = ("not found", "could not find")
_ANSWER_BYTES = 64 * 1024
# Some hundred thousand pins.
_LIST_BYTES = 64 * 1024 * 1024
_SAID_AT_MOST = 200


class Rpc(Protocol):
    """Calls commands of a node."""

    @property
    def name(self) -> str:
        """What the node is called in errors."""
        ...

    def call(
        self,
        command: str,
        parameters: Mapping[str, str],
        *,
        block: bytes | None = None,
        max_bytes: int = _ANSWER_BYTES,
        cut: bool = False,
    ) -> Answer:
        """Call one, with a file if it takes one. Raises `ProviderUnavailable` as `Server.ask`."""
        ...


@dataclass(frozen=True, slots=True)
class KuboRpc:
    """The `Rpc` over HTTP, by nothing but what this project uses anyway."""

    server: Server

    @property
    def name(self) -> str:
        """The server's."""
        return self.server.name

    def call(
        self,
        command: str,
        parameters: Mapping[str, str],
        *,
        block: bytes | None = None,
        max_bytes: int = _ANSWER_BYTES,
        cut: bool = False,
    ) -> Answer:
        """Every command is a POST."""
        return self.server.ask(
            "POST",
            f"/api/v0/{command}",
            params=parameters,
            files=None if block is None else {"file": ("block", block)},
            max_bytes=max_bytes,
            cut=cut,
        )


class KuboPinStore:
    """The `PinStore` on a node of ours. Safe to share between threads."""

    def __init__(self, rpc: Rpc, *, target: str = "kubo") -> None:
        self._rpc = rpc
        self._target = target

    @property
    def target(self) -> str:
        """As it was named."""
        return self._target

    def add(self, cid: Cid, block: bytes) -> PinState:
        """Send the bytes, and compare what the node makes of them."""
        require_named(block, cid, "the caller")
        answer = self._rpc.call("add", _AS_ONE_BLOCK, block=block)
        # A line for each file and directory, and the file is the last of them.
        added = parsed(self._rpc.name, self._success(answer).strip().rpartition(b"\n")[2])
        if not isinstance(added.get("Hash"), str):
            raise senseless(self._rpc.name)
        require_same(added["Hash"], cid, self._rpc.name)
        return PinState.PINNED

    def state(self, cid: Cid) -> PinState:
        """Only what is pinned for itself counts."""
        answer = self._rpc.call("pin/ls", {"arg": cid, **_FOR_ITSELF})
        if self._failed_with(answer, _NOT_PINNED):
            return PinState.ABSENT
        keys = parsed(self._rpc.name, self._success(answer)).get("Keys")
        if not isinstance(keys, dict):
            raise senseless(self._rpc.name)
        return PinState.PINNED if cid in keys else PinState.ABSENT

    def read(self, cid: Cid) -> bytes:
        """From what the node has itself: it does not go and look for the block elsewhere."""
        # One byte more than a block tells that it is none.
        answer = self._rpc.call(
            "block/get", {"arg": cid, "offline": "true"}, max_bytes=MAX_BLOCK_BYTES + 1, cut=True
        )
        if self._failed_with(answer, _NOT_THERE):
            raise BlockNotFound(cid, self._rpc.name)
        return require_named(self._success(answer), cid, self._rpc.name)

    def unpin(self, cid: Cid) -> None:
        """The bytes go with the node's next collection of garbage."""
        answer = self._rpc.call("pin/rm", {"arg": cid})
        if self._failed_with(answer, _NOT_PINNED):
            return
        if cid not in parsed(self._rpc.name, self._success(answer)).get("Pins", ()):
            raise senseless(self._rpc.name)

    def list_pins(self) -> frozenset[Cid]:
        """One line of JSON a pin."""
        answer = self._rpc.call("pin/ls", {**_FOR_ITSELF, "stream": "true"}, max_bytes=_LIST_BYTES)
        return frozenset(self._pins(self._success(answer)))

    def _pins(self, listed: bytes) -> Iterator[Cid]:
        for line in listed.splitlines():
            named = parsed(self._rpc.name, line).get("Cid")
            # What fails half-way says so in a line of its own.
            if not isinstance(named, str):
                raise senseless(self._rpc.name)
            cid = find_cid(named)
            if cid is not None:
                yield cid

    def _failed_with(self, answer: Answer, sentences: tuple[str, ...]) -> bool:
        said = _said(answer)
        return any(sentence in said for sentence in sentences)

    def _success(self, answer: Answer) -> bytes:
        said = _said(answer)
        if said:
            raise unavailable(self._rpc.name, f"failed: {said[:_SAID_AT_MOST]}")
        return answer.require_ok()


def _said(answer: Answer) -> str:
    """The sentence of a command's error; nothing when it succeeded, or something else failed."""
    if answer.status != _COMMAND_FAILED:
        return ""
    try:
        return str(parsed(answer.source, answer.body).get("Message", ""))
    except ProviderUnavailable:
        return ""
