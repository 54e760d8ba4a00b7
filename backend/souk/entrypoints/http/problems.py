"""Every refusal as RFC 9457 `application/problem+json`: one table, one shape."""

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from souk.core.errors import DomainError, ErrorKind
from souk.core.telemetry import request_id

_log = logging.getLogger(__name__)

STATUS_OF_KIND: Mapping[ErrorKind, HTTPStatus] = {
    ErrorKind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorKind.CONFLICT: HTTPStatus.CONFLICT,
    ErrorKind.STALE: HTTPStatus.PRECONDITION_FAILED,
    ErrorKind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorKind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorKind.REJECTED: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorKind.MALFORMED: HTTPStatus.BAD_REQUEST,
    ErrorKind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorKind.UNSUPPORTED: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ErrorKind.LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorKind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
_DEFAULT_RETRY_SECONDS = 1
MEDIA_TYPE = "application/problem+json"

PROBLEM_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "retryable"],
    "properties": {
        "type": {"type": "string", "example": "/errors#listing_sold_out"},
        "title": {"type": "string", "example": "Listing sold out"},
        "status": {"type": "integer", "example": 409},
        "detail": {"type": "string", "description": "What happened and what to do next."},
        "instance": {"type": "string", "description": "The id of this request in the logs."},
        "code": {"type": "string", "description": "Stable; programs decide by it."},
        "retryable": {"type": "boolean", "description": "The same request may succeed later."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string", "example": "/items/0/quantity"},
                    "detail": {"type": "string"},
                    "suggestion": {"type": "string", "example": "fig-and-olive"},
                },
            },
        },
        "alternatives": {
            "type": "array",
            "description": "Other ways to pay, as in GET /api/payments/alternatives.",
            "items": {"type": "object"},
        },
    },
}


def problem(
    *,
    status: int,
    code: str,
    detail: str,
    retryable: bool = False,
    errors: Sequence[Mapping[str, str]] = (),
    alternatives: Sequence[Mapping[str, object]] = (),
    context: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem document. `context` members stand beside the standard ones."""
    body: dict[str, object] = {
        "type": f"/errors#{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": int(status),
        "detail": detail,
        "instance": request_id.get(),
        "code": code,
        "retryable": retryable,
    }
    if errors:
        body["errors"] = list(errors)
    if alternatives:
        body["alternatives"] = list(alternatives)
    if context:
        body |= {key: value for key, value in context.items() if key not in body}
    return Response(json.dumps(body), status, headers, media_type=MEDIA_TYPE)


def _domain_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)  # noqa: S101 - registered for this class only
    status = STATUS_OF_KIND[error.kind]
    headers = {}
    if error.retryable:
        seconds = error.context.get("retry_after_seconds", _DEFAULT_RETRY_SECONDS)
        headers["Retry-After"] = str(seconds)
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        _log.warning("answered 503 %s", error.code, exc_info=error)
    context = dict(error.context)
    pointer = context.pop("pointer", None)
    suggestion = _suggestion(error)
    if pointer is not None:
        context.pop("suggestion", None)
    return problem(
        status=status,
        code=error.code,
        detail=error.detail,
        retryable=error.retryable,
        errors=[]
        if pointer is None
        else [{"pointer": str(pointer), "detail": error.detail, **suggestion}],
        alternatives=error.alternatives,
        context=context,
        headers=headers,
    )


def _invalid_request(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    errors = [
        {
            "pointer": _pointer(item["loc"]),
            "detail": str(item["msg"]),
            **_suggestion(item.get("ctx", {}).get("error")),
        }
        for item in error.errors()
    ]
    return problem(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="invalid_request",
        detail="some fields are wrong; each entry of errors says which and why",
        errors=errors,
    )


def _suggestion(cause: object) -> dict[str, str]:
    """What the field could say instead, where the rule that refused it knows of something."""
    found = cause.context.get("suggestion") if isinstance(cause, DomainError) else None
    return {} if found is None else {"suggestion": str(found)}


def _pointer(location: Sequence[str | int]) -> str:
    """A JSON pointer (RFC 6901) for a body field; `?name` for a query parameter and the like."""
    place, *path = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    if place == "body":
        return "".join(f"/{part}" for part in path)
    return f"{place}:{'.'.join(path)}"


# What the framework itself refuses.
_CODE_OF_STATUS = {
    HTTPStatus.BAD_REQUEST: "malformed_body",
    HTTPStatus.NOT_FOUND: "not_found",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "no_such_range",
    HTTPStatus.METHOD_NOT_ALLOWED: "method_not_allowed",
}


def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    status = HTTPStatus(error.status_code)
    return problem(
        status=status,
        code=_CODE_OF_STATUS.get(status, "malformed_request"),
        detail=str(error.detail),
        headers=error.headers,
    )


def _unstorable(_request: Request, error: Exception) -> Response:
    """The net under the validation: a value that PostgreSQL cannot hold is the caller's mistake."""
    _log.warning("a value passed validation that PostgreSQL refused", exc_info=error)
    return problem(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="unstorable_value",
        detail="a value is out of the range that can be stored",
    )


def unhandled(error: Exception) -> Response:
    """The answer to a defect of ours, which is logged here with the request's id."""
    _log.error("unhandled error", exc_info=error)
    return problem(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="internal_error",
        detail="something went wrong on our side; quote the instance id when you ask for help",
    )


_OWN_CODES: Mapping[str, tuple[HTTPStatus, str]] = {
    "invalid_request": (HTTPStatus.UNPROCESSABLE_ENTITY, "Fields are missing or malformed."),
    "unstorable_value": (HTTPStatus.UNPROCESSABLE_ENTITY, "A value is out of the storable range."),
    "malformed_body": (HTTPStatus.BAD_REQUEST, "The body is no JSON that can be read."),
    "malformed_request": (HTTPStatus.BAD_REQUEST, "The request is not proper HTTP."),
    "url_too_long": (HTTPStatus.REQUEST_URI_TOO_LONG, "The address is too long."),
    "body_too_slow": (HTTPStatus.REQUEST_TIMEOUT, "The body did not arrive in time."),
    "malformed_url": (HTTPStatus.BAD_REQUEST, "The address contains a NUL character."),
    "body_too_large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request body is over the cap."),
    "metrics_not_for_you": (HTTPStatus.FORBIDDEN, "Metrics are not read from this network."),
    "no_such_range": (
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "The file has no bytes in that range.",
    ),
    "not_found": (HTTPStatus.NOT_FOUND, "There is nothing at this address."),
    "method_not_allowed": (HTTPStatus.METHOD_NOT_ALLOWED, "The address does not take this method."),
    "internal_error": (HTTPStatus.INTERNAL_SERVER_ERROR, "A defect on our side."),
}


def catalogue() -> list[dict[str, object]]:
    """Every code that an answer can carry, sorted, with its status and what it means."""
    entries = {
        code: {"code": code, "status": int(status), "meaning": meaning, "retryable": False}
        for code, (status, meaning) in _OWN_CODES.items()
    }
    for error in _concrete(DomainError):
        entries[error.code] = {
            "code": error.code,
            "status": int(STATUS_OF_KIND[error.kind]),
            "meaning": (error.__doc__ or "").partition("\n")[0],
            "retryable": error.retryable,
        }
    return [entries[code] for code in sorted(entries)]


def _concrete(error: type[DomainError]) -> Iterator[type[DomainError]]:
    """The classes below, without the abstract parents, whose names end in `Error`."""
    if not error.__name__.endswith("Error"):
        yield error
    for child in error.__subclasses__():
        yield from _concrete(child)


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(DataError, _unstorable)
