"""Counting requests by what they asked for, in words of ours."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from souk.core.metrics import Metrics

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# A client that left before it was answered, and an address that leads nowhere.
_UNANSWERED = "none"
_UNMATCHED = "unmatched"


class Measured:
    """Counts each request once its answer begins. A stranger chooses addresses and may invent
    methods, so that neither is ever a label: the template of the route is, and a known word."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        metrics = _metrics(scope)
        if metrics is None:
            await self._app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = _UNANSWERED

        def count() -> None:
            metrics.count_request(
                method=scope["method"] if scope["method"] in _METHODS else "other",
                route=getattr(scope.get("route"), "path", _UNMATCHED),
                status=status,
                seconds=time.perf_counter() - begun,
            )

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
                count()
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        except Exception:
            if status == _UNANSWERED:
                status = "500"
                count()
            raise
        if status == _UNANSWERED:
            count()


def _metrics(scope: Scope) -> Metrics | None:
    if scope["type"] != "http":
        return None
    found = scope["app"].state.services.get(Metrics)
    return found if isinstance(found, Metrics) else None
