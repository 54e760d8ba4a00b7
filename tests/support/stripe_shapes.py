"""Whether an object has the shape that the official library declares for it.

The library's classes are made from Stripe's published API reference. Their annotations name types
that are imported for type checkers alone, so they are read from the source.
"""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from typing import Any

_PLAIN = {"int": int, "str": str, "bool": bool, "float": (int, float)}


def misshapen(item: object, declared: type) -> list[str]:
    """What differs from the declaration: unknown names, missing ones, values of another type."""
    return list(_differences(item, _body(declared), declared.__name__))


@cache
def _body(declared: type) -> ast.ClassDef:
    source = ast.parse(inspect.getsource(inspect.getmodule(declared)))
    return next(
        node
        for node in source.body
        if isinstance(node, ast.ClassDef) and node.name == declared.__name__
    )


def _differences(item: Any, body: ast.ClassDef, where: str) -> Iterator[str]:
    fields = {
        node.target.id: node.annotation
        for node in body.body
        if isinstance(node, ast.AnnAssign) and not ast.unparse(node.annotation).startswith("Class")
    }
    inner = {node.name: node for node in body.body if isinstance(node, ast.ClassDef)}
    for name in item.keys() - fields.keys():
        yield f"{where}.{name} is not declared"
    for name, annotation in fields.items():
        if name in item:
            yield from _unlike(item[name], annotation, inner, f"{where}.{name}")
        elif not ast.unparse(annotation).startswith("Optional"):
            yield f"{where}.{name} is missing"


def _unlike(value: Any, annotation: ast.expr, inner: dict[str, ast.ClassDef], where: str):
    text = ast.unparse(annotation)
    if text.startswith("Optional"):
        if value is not None:
            yield from _unlike(value, annotation.slice, inner, where)
    elif value is None:
        yield f"{where} is null"
    elif text.startswith(("List", "ListObject")):
        if text.startswith("ListObject"):
            value = value["data"]
        for each in value:
            yield from _unlike(each, annotation.slice, inner, where)
    elif text.startswith(("ExpandableField", "UntypedStripeObject")):
        wanted = (str, dict) if text.startswith("Expand") else dict
        if not isinstance(value, wanted):
            yield f"{where} is {value!r}"
    elif text in inner:
        yield from _differences(value, inner[text], where)
    else:
        yield from _plain(value, annotation, text, where)


def _plain(value: Any, annotation: ast.expr, text: str, where: str) -> Iterator[str]:
    words = {
        node.value
        for node in ast.walk(annotation)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    wanted = _PLAIN.get(text)
    if wanted is not None and (
        not isinstance(value, wanted) or isinstance(value, bool) != (text == "bool")
    ):
        yield f"{where} is {value!r}"
    if "Literal" in text and value not in words:
        yield f"{where} is {value!r}, not one of {sorted(words)[:8]}"
