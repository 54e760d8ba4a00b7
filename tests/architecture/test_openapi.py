"""The API's description: complete, bounded, and the same as docs/openapi.json."""

import functools
from typing import Any

import pytest

from .robots import openapi
from .robots.tree import ROOT, listing

GOOD: dict[str, Any] = {
    "summary": "Place an order",
    "description": "Reserves stock.",
    "tags": ["orders"],
    "security": [{"HTTPBearer": []}],
    "parameters": [{"in": "header", "name": "Idempotency-Key", "description": "Any text."}],
    "requestBody": {"content": {"application/json": {"schema": {"$ref": openapi.REF + "Place"}}}},
    "responses": {
        "201": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "401": {},
        "409": {},
        "422": {},
    },
}
GOOD_FIELD: dict[str, Any] = {"type": "string", "maxLength": 5, "examples": ["tea"]}


@functools.cache
def described() -> openapi.Document:
    return openapi.document()


def a_document(field: dict[str, Any] = GOOD_FIELD, **changes: Any) -> openapi.Document:
    """A document with one operation; a change to `None` leaves that member out."""
    operation = {key: value for key, value in (GOOD | changes).items() if value is not None}
    schemas = {"Place": {"properties": {"note": field}}}
    return {"paths": {"/orders": {"post": operation}}, "components": {"schemas": schemas}}


def test_describes_every_operation() -> None:
    assert listing(openapi.find_undescribed(described())) == ""


def test_shows_an_example_of_every_request_body() -> None:
    assert listing(openapi.find_without_example(described())) == ""


def test_bounds_everything_that_a_request_may_hold() -> None:
    assert listing(openapi.find_unbounded(described())) == ""


def test_names_every_schema_once_and_by_no_module() -> None:
    assert [name for name in described()["components"]["schemas"] if "__" in name] == []


def test_equals_the_description_in_docs() -> None:
    written = (ROOT / "docs/openapi.json").read_text("utf-8")

    assert written == openapi.render(described()), "run scripts/update_docs and review the change"


def test_passes_an_operation_when_nothing_is_missing() -> None:
    found = [*openapi.find_undescribed(a_document()), *openapi.find_unbounded(a_document())]

    assert [*found, *openapi.find_without_example(a_document())] == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"summary": None}, "no summary"),
        ({"description": None}, "no description"),
        ({"tags": []}, "no tags"),
        ({"parameters": [{"in": "query", "name": "q"}]}, "nothing about parameter q"),
        ({"parameters": [{"in": "path", "name": "id", "description": "x"}]}, "declare 404"),
        ({"responses": {"204": {}}}, "declare 401"),
        ({"responses": {"204": {}}}, "declare 409"),
        ({"responses": {"200": {"content": {"application/json": {"schema": {}}}}}}, "what 200"),
    ],
)
def test_flags_an_operation_when_it_leaves_a_client_guessing(
    changes: dict[str, Any], expected: str
) -> None:
    assert expected in listing(openapi.find_undescribed(a_document(**changes)))


def test_passes_an_operation_when_it_streams_or_takes_a_word_of_a_list() -> None:
    word = {"in": "path", "name": "s", "description": "x", "schema": {"enum": ["a"]}}
    stream: dict[str, Any] = {"content": {"text/event-stream": {}}}
    shown = a_document(parameters=[word], responses={"200": stream, "401": {}, "422": {}})

    assert listing(openapi.find_undescribed(shown)) == ""


@pytest.mark.parametrize(
    ("field", "bound"),
    [
        ({"type": "string"}, "maxLength"),
        ({"type": "integer", "minimum": 0}, "maximum"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "maxLength"),
        ({"type": "array", "items": {"type": "string", "maxLength": 3}}, "maxItems"),
        ({"type": "array", "maxItems": 3, "items": {"type": "string"}}, "maxLength"),
    ],
)
def test_flags_a_field_when_it_is_unbounded(field: dict[str, Any], bound: str) -> None:
    assert f"note has no {bound}" in listing(openapi.find_unbounded(a_document(field)))


def test_flags_a_field_when_it_has_no_example() -> None:
    field = {"type": "string", "maxLength": 5}

    assert "note has no example" in listing(openapi.find_without_example(a_document(field)))
