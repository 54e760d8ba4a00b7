"""What every router shares: services from the composition root, the caller, strict bodies."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Annotated, Self, TypeVar

from fastapi import (
    APIRouter,  # noqa: TID251 - what `Section` is made of
    Depends,
    Header,
    Query,
    Request,
    Response,
)
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, PlainSerializer, model_validator
from starlette.routing import Match, Route
from starlette.types import Scope

from souk.core.clock import rfc3339
from souk.core.errors import RejectedError, SignInRequired
from souk.core.idempotency import Idempotency, Receipt, Replay, fingerprint
from souk.core.pagination import DEFAULT_LIMIT, MAX_LIMIT
from souk.core.principal import Principal, find_scope

T = TypeVar("T")

# PostgreSQL's text can hold neither NUL nor half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class UnstorableText(RejectedError):
    """A text holds characters that no text may hold."""

    code = "unstorable_text"


class MissingIdempotencyKey(RejectedError):
    """A route that moves money was called without a key."""

    code = "idempotency_key_required"


class VersionRequired(RejectedError):
    """An edit must say which version of the object it was made on."""

    code = "version_required"


def _refuse_unstorable(value: object) -> None:
    """Not recursive: a body may be nested deeper than Python's stack."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str) and _UNSTORABLE.search(item):
            raise ValueError("text must not contain NUL characters or unpaired surrogates")
        if isinstance(item, Mapping):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)


class RequestModel(BaseModel):
    """A request body: unknown fields are refused, so that a typing mistake is seen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, value: object) -> object:
        _refuse_unstorable(value)
        return value


InstantOut = Annotated[datetime, PlainSerializer(rfc3339, return_type=str)]
"""A time in a response, spelled as the pages composed in SQL spell it."""


class ResponseModel(BaseModel):
    """A response body, built from plain values or from the attributes of a result object."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class MoneyOut(ResponseModel):
    """An amount: a whole number of the asset's smallest unit, as a string."""

    amount: str
    currency: str
    exponent: int


class Section(APIRouter):
    """A router that knows how its paths begin. FastAPI compares a request with every route of one
    router after the other, twice, which took longer than many an answer does."""

    @classmethod
    def of(cls, *parts: Self) -> Self:
        """One with the routes of others, in their order."""
        section = cls()
        for part in parts:
            section.routes.extend(part.routes)
        return section

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As FastAPI's, which is asked only about what can be in here."""
        if not scope["path"].startswith(self._beginnings):
            return Match.NONE, {}
        return super().matches(scope)

    @cached_property
    def _beginnings(self) -> tuple[str, ...]:
        paths = (route.path for route in self.routes if isinstance(route, Route))
        return tuple({path.partition("{")[0] for path in paths})


def provided(service: Callable[..., T]) -> Callable[[Request], Awaitable[T]]:
    """A dependency that yields the composition root's instance of a service class. It is `async`,
    because whatever is not is handed to a thread, which takes longer than finding it."""

    async def find(request: Request) -> T:
        found: T = request.app.state.services[service]
        return found

    return find


_bearer = HTTPBearer(
    auto_error=False,
    description="The token that signing in returned, or an API key of `POST /api/auth/api-keys`.",
)
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def find_principal(request: Request, credentials: _Credentials) -> Principal | None:
    """The caller, or `None` when no token was sent. A token that is no longer good is an error,
    so that a client notices instead of seeing the public view. Raises `KeyLacksScope` when it is
    an API key that has none for this route."""
    if credentials is None:
        return None
    principal: Principal = request.app.state.authenticate(credentials.credentials)
    tags = request.scope["route"].tags
    principal.require_scope(find_scope(tags[0], request.method) if tags else None)
    return principal


async def get_principal(
    principal: Annotated[Principal | None, Depends(find_principal)],
) -> Principal:
    """The signed-in caller. Raises `SignInRequired`."""
    if principal is None:
        raise SignInRequired("sign in with a wallet first and send the token as Bearer")
    return principal


Caller = Annotated[Principal, Depends(get_principal)]
MaybeCaller = Annotated[Principal | None, Depends(find_principal)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows a page.")]
Cursor = Annotated[
    str | None, Query(max_length=1024, description="`next_cursor` of the page before.")
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Any text unique to this request; a repeat with it gets the same answer.",
    ),
]
LIMIT = DEFAULT_LIMIT

# What the API's description says of refusals that many routes share.
UNAUTHENTICATED = {"description": "Nobody is signed in, or the session has ended"}
INVALID = {"description": "A field is wrong; the answer says which and how to correct it"}
STALE = {"description": "It was changed meanwhile; the answer holds its present version"}
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description='The ETag that was read with what is edited, or its version such as `"3"`.',
    ),
]
# A version alone, or the ETag of `cacheable`; a proxy that compresses makes a weak one of it.
_VERSION = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})(?:-[0-9a-f]+)?"')


def once(
    request: Request,
    *,
    caller: Principal,
    key: str | None,
    body: BaseModel | None,
    status: int,
    render: Callable[[object], Mapping[str, object]],
    act: Callable[[Receipt], object],
    reveal: Callable[[object], Mapping[str, object]] | None = None,
) -> Response:
    """Run `act` at most once for this caller, route and key, and answer with its result. `reveal`
    renders the first answer where that holds a secret, which `render` keeps out of the record and
    so out of every repeat.

    Raises `MissingIdempotencyKey`, `IdempotencyKeyReused`, `RequestInFlight`, and whatever `act`
    raises; after an error the same request may be sent again under the same key.
    """
    if key is None:
        raise MissingIdempotencyKey("send an Idempotency-Key header with a fresh value")
    _require_storable(key)
    idempotency: Idempotency = request.app.state.services[Idempotency]
    asked = fingerprint(
        request.method, request.url.path, None if body is None else body.model_dump(mode="json")
    )
    entered = idempotency.enter(
        principal_id=caller.account_id,
        route=f"{request.method} {request.scope['route'].path}",
        key=key,
        fingerprint=asked,
    )
    if isinstance(entered, Replay):
        return json_response(
            entered.body.encode(), status=entered.status, headers={"Idempotent-Replayed": "true"}
        )
    try:
        result = act(Receipt(entered, status, render))
    except Exception:
        idempotency.release(entered)
        raise
    answer = json.dumps((reveal or render)(result), separators=(",", ":")).encode()
    return json_response(answer, status=status)


def required_version(if_match: str | None) -> int:
    """The version that an edit was made on, from its If-Match. Raises `VersionRequired`."""
    match = _VERSION.fullmatch(if_match or "")
    if match is None:
        raise VersionRequired(
            'send the ETag of what you edited as If-Match, such as "3"',
            context={"pointer": "header:If-Match"},
        )
    return int(match[1])


def _require_storable(value: str) -> None:
    try:
        _refuse_unstorable(value)
    except ValueError as error:
        raise UnstorableText(str(error)) from error


def json_response(
    body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Bytes that are JSON already."""
    return Response(body, status, headers, media_type="application/json")


def cacheable(
    request: Request,
    body: bytes,
    *,
    max_age_seconds: int = 0,
    version: int | None = None,
    shared: bool = False,
) -> Response:
    """A JSON answer with an ETag, or 304 when the client has it (RFC 9110 section 13.1.2).

    With a `version` the ETag begins with it, so that an edit can send it back as If-Match. What is
    `shared` is the same for everybody, and caches in between may keep it.
    """
    digest = hashlib.sha256(body).hexdigest()[:32]
    etag = f'"{digest}"' if version is None else f'"{version}-{digest}"'
    headers = {
        "ETag": etag,
        "Cache-Control": (
            f"{'public' if shared else 'private'}, max-age={max_age_seconds}, must-revalidate"
        ),
    }
    if has_seen(request, etag):
        return Response(status_code=304, headers=headers)
    return json_response(body, headers=headers)


def has_seen(request: Request, etag: str) -> bool:
    """Whether the client has what this ETag stands for."""
    seen = request.headers.get("if-none-match", "")
    return seen.strip() == "*" or etag in (
        part.strip().removeprefix("W/") for part in seen.split(",")
    )
