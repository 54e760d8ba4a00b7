"""The API's description: complete, bounded, and the same as the one under docs/."""

import importlib
import importlib.util
import json
import pkgutil
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

import souk.modules
from souk.core.principal import Principal
from souk.core.web import Section
from souk.entrypoints.http.app import create_app

from .tree import Violation

Document = Mapping[str, Any]
_METHODS = {"get", "post", "put", "patch", "delete"}
_JSON = "application/json"
REF = "#/components/schemas/"


class _Described:
    """As much of a composition root as a description needs: nothing runs."""

    services: Mapping[object, object] = {}
    reads = wakeups = None
    max_body_bytes = 1
    trusted_proxies = ()
    pictures_from = ""

    def __init__(self, routers: tuple[Section, ...]) -> None:
        self.routers = routers

    def authenticate(self, token: str) -> Principal:
        """Nobody."""
        raise LookupError(token)


def routers() -> tuple[Section, ...]:
    """The router of every module that has one."""
    names = [item.name for item in pkgutil.iter_modules(souk.modules.__path__, "souk.modules.")]
    with_api = [name for name in names if importlib.util.find_spec(f"{name}.api") is not None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(importlib.import_module(f"{name}.api").router for name in with_api)


def document() -> Document:
    """The OpenAPI document of the whole API."""
    container: Any = _Described(routers())
    return create_app(container).openapi()


def render(described: Document) -> str:
    """docs/openapi.json: sorted, so that a change shows as what it is."""
    return json.dumps(described, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def operations(described: Document) -> Iterator[tuple[str, Document]]:
    """Every operation and its name such as `GET /api/orders/{id}`."""
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if method in _METHODS:
                yield f"{method.upper()} {path}", operation


def find_undescribed(described: Document) -> Iterator[Violation]:
    """Operations that leave a client guessing."""
    for name, operation in operations(described):
        for member in ("summary", "description", "tags"):
            if not operation.get(member):
                yield Violation(name, 1, f"has no {member}")
        for parameter in operation.get("parameters", []):
            if not parameter.get("description"):
                yield Violation(name, 1, f"says nothing about parameter {parameter['name']}")
        for status in sorted(_expected(operation) - set(operation["responses"])):
            yield Violation(name, 1, f"does not declare {status}")
        yield from _vague_successes(name, operation)


def _expected(operation: Document) -> set[str]:
    """The refusals that an operation of this form can give."""
    places = {(p["in"], p["name"].lower()) for p in operation.get("parameters", [])}
    expected = {"401"} if operation.get("security") else set()
    if any(p["in"] == "path" and not _is_choice(p) for p in operation.get("parameters", [])):
        expected.add("404")
    if ("header", "idempotency-key") in places:
        expected.add("409")
    if places or "requestBody" in operation:
        expected.add("422")
    return expected


def _is_choice(parameter: Document) -> bool:
    """A word out of a list is either right or malformed, but never unknown."""
    return bool({"$ref", "enum"} & set(parameter.get("schema", {})))


def _vague_successes(name: str, operation: Document) -> Iterator[Violation]:
    for status, response in operation["responses"].items():
        if not status.startswith("2") or status == "204":
            continue
        content = response.get("content", {})
        # A stream or a file says enough by its media type; JSON has a shape.
        if not any(media.get("schema") or kind != _JSON for kind, media in content.items()):
            yield Violation(name, 1, f"does not say what {status} answers")


def find_without_example(described: Document) -> Iterator[Violation]:
    """Request bodies that show no example, whole or field by field."""
    schemas = described.get("components", {}).get("schemas", {})
    for name in sorted(_bodies(described)):
        schema = schemas[name]
        if schema.get("examples") or schema.get("example"):
            continue
        for field, part in schema.get("properties", {}).items():
            if not _illustrated(part):
                yield Violation(name, 1, f"{field} has no example")


def _illustrated(part: Document) -> bool:
    known = {"examples", "example", "const", "enum", "$ref", "default"}
    choices = [*part.get("anyOf", []), *part.get("allOf", []), part.get("items", {})]
    return bool(known & set(part)) or any(known & set(choice) for choice in choices)


def find_unbounded(described: Document) -> Iterator[Violation]:
    """Text, lists and numbers of a request body without an upper bound."""
    schemas = described.get("components", {}).get("schemas", {})
    for name in sorted(_reachable(_bodies(described), schemas)):
        for field, part in schemas[name].get("properties", {}).items():
            for bound in _missing_bounds(part):
                yield Violation(name, 1, f"{field} has no {bound}")


def _missing_bounds(part: Document) -> Iterator[str]:
    for choice in part.get("anyOf", [part]):
        kind = choice.get("type")
        if kind == "string" and not {"maxLength", "enum", "const", "format"} & set(choice):
            yield "maxLength"
        if kind in ("integer", "number") and not {"maximum", "exclusiveMaximum"} & set(choice):
            yield "maximum"
        if kind == "array":
            if "maxItems" not in choice:
                yield "maxItems"
            yield from _missing_bounds(choice.get("items", {}))


def _bodies(described: Document) -> set[str]:
    """Names of the schemas that request bodies refer to."""
    bodies = [o["requestBody"] for _name, o in operations(described) if "requestBody" in o]
    return set(_references(bodies))


def _references(part: object) -> Iterator[str]:
    if isinstance(part, Mapping):
        if str(part.get("$ref", "")).startswith(REF):
            yield str(part["$ref"]).removeprefix(REF)
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _reachable(names: set[str], schemas: Document) -> set[str]:
    while True:
        more = names | {inner for name in names for inner in _references(schemas[name])}
        if more == names:
            return names
        names = more
