"""Both rails converge: only the gateways, and the one place that chooses, know which is which."""

import ast
from collections.abc import Iterable, Iterator

from .tree import MODULES, SOUK, Source, Violation, dotted, walk

_ENUMS = {"Rail", "PaymentMethod"}
_FIELDS = {"rail", "payment_method"}
_ALLOWED = (
    f"{SOUK}/adapters/",
    f"{MODULES}/payments/domain.py",
    f"{MODULES}/payments/domain/",
    f"{MODULES}/payments/service/route.py",
)


def find_rail_branches(files: Iterable[Source]) -> Iterator[Violation]:
    """Comparisons, match cases, dict keys and subscripts on a rail or payment method."""
    for file in files:
        if file.path.startswith(_ALLOWED):
            continue
        for node in walk(file.tree):
            if any(_names_rail(part) for part in _deciding(node)):
                yield file.at(node, "decides by rail or payment method outside its one place")


def _deciding(node: ast.AST) -> list[ast.AST]:
    """The expressions on which this node makes a decision."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Match):
        return [node.subject, *(case.pattern for case in node.cases)]
    if isinstance(node, ast.Dict):
        return [key for key in node.keys if key is not None]
    if isinstance(node, ast.DictComp):
        return [node.key]
    if isinstance(node, ast.Subscript) and dotted(node.value) not in _GENERICS:
        return [node.slice]
    return []


# `dict[Rail, X]` and its like are types, not decisions.
_GENERICS = {"dict", "list", "set", "frozenset", "tuple", "type", "Mapping", "Sequence", "Mapped"}
_GENERICS |= {"Annotated", "Literal", "Iterable", "Collection", "ClassVar", "Final", "Callable"}


def _names_rail(node: ast.AST) -> bool:
    for part in walk(node):
        if isinstance(part, ast.Attribute):
            owner = dotted(part.value).split(".")[-1]
            if owner in _ENUMS or part.attr in _FIELDS:
                return True
        if isinstance(part, ast.Name) and part.id in _ENUMS:
            return True
    return False
