"""Requests and answers over HTTP, by the server's own interface, RSGI: each request would else go
through a framework that takes longer than the sandbox itself."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl

# The server's types are public, yet not marked as exported.
from granian.rsgi import Headers, HTTPProtocol, Scope  # type: ignore[attr-defined]  # see above

from souk.embedded.stripe_sandbox.failures import Refusal

_log = logging.getLogger(__name__)
_BODY_AT_MOST = 256 * 1024
_FIELDS_AT_MOST = 1_000
_PLACES_OF_IDS = (3, 4)


@dataclass(slots=True)
class Request:
    """One request; the names in `headers` are in lower case, `id_` is the part of the path that
    names an object."""

    method: str
    path: str
    query: str
    headers: Headers
    body: str
    id_: str = ""

    def header(self, name: str) -> str:
        """Empty when it was not sent."""
        return str(self.headers.get(name) or "")

    def fields(self) -> dict[str, str]:
        """What the query and the form say; the last one of a name counts."""
        both = "&".join(filter(None, (self.query, self.body)))
        return dict(parse_qsl(both, keep_blank_values=True, max_num_fields=_FIELDS_AT_MOST))


@dataclass(slots=True)
class Reply:
    """What goes back. `broken` is an answer that ends in the middle."""

    status: int
    body: str = ""
    kind: str = "application/json"
    headers: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False


View = Callable[[Request], Awaitable[Reply]]
Views = dict[tuple[str, str], View]


def json_reply(value: object, status: int = 200) -> Reply:
    """A JSON document."""
    return Reply(status, json.dumps(value))


def refusal_reply(refusal: Refusal) -> Reply:
    """An error, in its envelope."""
    return json_reply(refusal.to_json(), refusal.http_status)


def redirect(url: str) -> Reply:
    """See there instead."""
    return Reply(HTTPStatus.SEE_OTHER, headers=[("Location", url)])


def find_view(views: Views, method: str, path: str) -> tuple[View, str] | None:
    """The view of a path, and the id in it: the third or the fourth part of a path may be one."""
    if (exact := views.get((method, path))) is not None:
        return exact, ""
    parts = path.split("/")
    for place in _PLACES_OF_IDS[: max(0, len(parts) - _PLACES_OF_IDS[0])]:
        pattern = "/".join([*parts[:place], "{id}", *parts[place + 1 :]])
        if (found := views.get((method, pattern))) is not None:
            return found, parts[place]
    return None


async def serve(
    views: Views, settled: Callable[[], Awaitable[None]], scope: Scope, protocol: HTTPProtocol
) -> None:
    """Answer one request, once everything that it has changed is `settled`."""
    try:
        reply = await _reply(views, scope, protocol)
        await settled()
    except Exception:
        _log.exception("%s %s failed", scope.method, scope.path)
        reply = refusal_reply(Refusal("An unknown error occurred", status=500, kind="api_error"))
    headers = [("Content-Type", reply.kind), *reply.headers]
    if reply.broken:
        # More is promised than comes, so that the connection ends instead of the answer.
        promised = ("Content-Length", str(len(reply.body) + 1))
        await protocol.response_stream(reply.status, [*headers, promised]).send_str(reply.body)
        return
    protocol.response_str(reply.status, headers, reply.body)


async def _reply(views: Views, scope: Scope, protocol: HTTPProtocol) -> Reply:
    found = find_view(views, scope.method, scope.path)
    if found is None:
        message = f"Unrecognized request URL ({scope.method}: {scope.path})."
        return refusal_reply(Refusal(message, status=404))
    view, id_ = found
    request = Request(
        method=scope.method,
        path=scope.path,
        query=scope.query_string,
        headers=scope.headers,
        body=await _read(scope, protocol),
        id_=id_,
    )
    try:
        return await view(request)
    except Refusal as refusal:
        return refusal_reply(refusal)


async def _read(scope: Scope, protocol: HTTPProtocol) -> str:
    """The body; nothing of one that is too large."""
    if scope.method == "GET":
        return ""
    told = scope.headers.get("content-length")
    if told is not None:
        body = await protocol() if int(told) <= _BODY_AT_MOST else b""
    else:
        body = b""
        async for part in protocol:
            body += part
            if len(body) > _BODY_AT_MOST:
                return ""
    return body.decode(errors="replace")
