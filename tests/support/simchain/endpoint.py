"""What a client of JSON-RPC reaches: a provider's nodes behind one address, and all that lies
between."""

import json
from collections.abc import Callable, Sequence

import httpx

from tests.support.simchain.blocks import Json
from tests.support.simchain.lies import LIES, Told
from tests.support.simchain.providers import Provider
from tests.support.simchain.times import VirtualTime
from tests.support.simchain.trouble import CARRIED, Trouble
from tests.support.simchain.trouble import LIES as LYING

CARRIED_CHANCE, LYING_CHANCE, LOG_LYING_CHANCE = 0.06, 0.16, 0.5
TIMEOUT_SECONDS = 5.0


class Endpoint(httpx.BaseTransport):
    """One address. Each question goes to any of its nodes. `between` is called before it gets
    there, with nothing but the question under way."""

    def __init__(
        self,
        provider: Provider,
        trouble: Trouble,
        time: VirtualTime,
        between: Callable[[], None] = lambda: None,
    ) -> None:
        self._provider = provider
        self._trouble = trouble
        self._time = time
        self._between = between

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One HTTP request, answered, twisted or lost."""
        self._time.pass_by(0.02)
        self._between()
        if self._provider.away:
            raise httpx.ConnectError("refused", request=request)
        asked = json.loads(request.content)
        calls = asked if isinstance(asked, list) else [asked]
        for kind in self._trouble.draw(CARRIED, CARRIED_CHANCE):
            if kind != "batches_refused" or len(calls) > 1:
                self._trouble.happened[kind] += 1
                spoiled = self._spoiled(kind, request)
                if spoiled is not None:
                    return spoiled
                break
        entries = self._told(calls)
        return httpx.Response(200, json=entries if isinstance(asked, list) else entries[0])

    def _told(self, calls: Sequence[Json]) -> list[Json]:
        node = self._provider.elsewhere or self._trouble.random.choice(self._provider.nodes)
        entries = [node.entry(call) for call in calls]
        told = Told(self._trouble.random, calls, entries, node.view.path)
        for kind in self._lies(told):
            twisted = LIES[kind](told)
            if twisted is not None:
                self._trouble.happened[kind] += 1
                return twisted
        return entries

    def _lies(self, told: Told) -> list[str]:
        """Where there is a log or a receipt to lie about, which is seldom, those lies go first."""
        about_logs = any(
            told.some(method) is not None for method in ("eth_getLogs", "eth_getTransactionReceipt")
        )
        drawn = self._trouble.draw(LYING, LOG_LYING_CHANCE if about_logs else LYING_CHANCE)
        return sorted(drawn, key=lambda kind: not kind.startswith(("log", "receipt")))

    def _spoiled(self, kind: str, request: httpx.Request) -> httpx.Response | None:
        """What comes instead of an answer; `None` when it only comes late."""
        match kind:
            case "connection_refused":
                raise httpx.ConnectError("refused", request=request)
            case "connection_cut":
                raise httpx.ReadError("reset", request=request)
            case "timed_out":
                self._time.pass_by(TIMEOUT_SECONDS)
                raise httpx.ReadTimeout("late", request=request)
            case "error_page":
                return httpx.Response(502, text="<html>Bad Gateway</html>")
            case "answer_cut":
                return httpx.Response(200, text='{"jsonrpc":"2.0","id":1,"resu')
            case "batches_refused":
                error = {"code": -32600, "message": "batches are not supported"}
                return httpx.Response(200, json={"jsonrpc": "2.0", "id": None, "error": error})
            case _:
                self._time.pass_by(TIMEOUT_SECONDS / 2)
                return None
