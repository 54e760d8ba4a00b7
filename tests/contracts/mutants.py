"""The mutants of `Escrow.sol`: each has one small change, which a test must notice."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

_TEXT = re.compile(r"//[^\n]*|\"[^\"\n]*\"")
_DECLARED = re.compile(r"\b(?:struct|enum|event|error)\b[^;{]*(?:;|\{[^}]*\})")
_HEAD = re.compile(r"\b(?:function|contract|library) (\w+)|\b(constructor)\b")
_STATEMENT = re.compile(r"(?<=[;{}\n])[ \n]+(\w[^;{}]*(?:\{\}[^;{}]*)*;)")
# Declarations, without which nothing compiles, and heads of loops.
_NEVER_DROPPED = re.compile(
    r"(?:return|using|pragma|import|for|mapping)\b|i < |string private"
    r"|(?:u?int\d+|bytes\d+|bool|address|[A-Z]\w*)\S*(?: \w+)+(?: =|;)"
)

_PARTIES = {
    "order.buyer": "order.seller",
    "order.seller": "order.buyer",
    "order.arbiter": "order.buyer",
    "order.feeTo": "order.seller",
    "buyerSignature": "sellerSignature",
    "sellerSignature": "buyerSignature",
    "toBuyer": "toSeller",
    "toSeller": "toBuyer",
}
_STATUSES = {
    "Status.None": "Status.Paid",
    "Status.Paid": "Status.Fulfilled",
    "Status.Fulfilled": "Status.Paid",
    "Status.Disputed": "Status.Fulfilled",
    "Status.Settled": "Status.Disputed",
}
_KINDS: dict[str, tuple[str, dict[str, str]]] = {
    "comparison": (
        r"(?<=\s)(?:==|!=)(?=\s)",
        {"==": "!=", "!=": "=="},
    ),
    "boundary": (r"(?<=\s)(?:<=|>=|<|>)(?=\s)", {"<=": "<", ">=": ">", "<": "<=", ">": ">="}),
    "logic": (r"&&|\|\||!(?=\w)", {"&&": "||", "||": "&&", "!": ""}),
    "arithmetic": (
        r"(?<=\s)(?:\+=|-=|\+|-|\*|/)(?=\s)",
        {"+": "-", "-": "+", "*": "/", "/": "*", "+=": "=", "-=": "+="},
    ),
    "party": (
        r"(?<!uint96 )(?<!calldata )\b(?:order\.\w+|\w+Signature|toBuyer|toSeller)\b",
        _PARTIES,
    ),
    "status": (r"\bStatus\.\w+\b", _STATUSES),
    "truth": (r"\b(?:true|false)\b", {"true": "false", "false": "true"}),
    "guard": (r" nonReentrant\b", {" nonReentrant": ""}),
}
_NUMBER = re.compile(r"(?<!\w)(?<!address\()\d[\d_]*(?!\w)")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: what stood there, what stands there now, and where."""

    kind: str
    function: str
    line: int
    original: str
    mutated: str
    source: str

    @property
    def key(self) -> tuple[str, str, str]:
        """By which it is known again when lines have moved."""
        return self.function, self.original, self.mutated

    @property
    def digest(self) -> str:
        """A number of its own, the same wherever it stands."""
        return hashlib.sha256("\n".join(self.key).encode()).hexdigest()


def mutants_of(source: str, limit: int) -> list[Mutant]:
    """In the order of their lines; of more than `limit` those whose digests come first.

    So a change of one line leaves the choice among the others as it is.
    """
    code = _DECLARED.sub(_blank, _TEXT.sub(_blank, source))
    all_of_them = [_mutant(source, code, *change) for change in sorted(set(_changes(code)))]
    chosen = sorted(all_of_them, key=lambda each: each.digest)[:limit]
    return sorted(chosen, key=lambda each: (each.line, each.digest))


def _blank(found: re.Match[str]) -> str:
    """As long as before, so that places stay what they are."""
    return re.sub(r"\S", " ", found[0])


def _changes(code: str) -> Iterator[tuple[int, int, str, str]]:
    """From where to where, by what, and the kind."""
    for kind, (pattern, swaps) in _KINDS.items():
        for found in re.compile(pattern).finditer(code):
            if found[0] in swaps:
                yield *found.span(), swaps[found[0]], kind
    for found in _NUMBER.finditer(code):
        yield *found.span(), str(int(found[0].replace("_", "")) + 1), "constant"
    for found in _STATEMENT.finditer(code):
        if not _NEVER_DROPPED.match(found[1]):
            yield *found.span(1), "", "dropped"
        condition = re.match(r"if \((?:[^()]|\([^()]*\))*\) (?!revert|return)", found[1])
        if condition:
            yield found.start(1), found.start(1) + condition.end(), "", "unconditional"


def _mutant(source: str, code: str, start: int, end: int, text: str, kind: str) -> Mutant:
    first = source.rfind("\n", 0, start) + 1
    last = source.find("\n", end)
    heads = [found[1] or found[2] for found in _HEAD.finditer(code, 0, start)]
    return Mutant(
        kind=kind,
        function=heads[-1] if heads else "",
        line=source.count("\n", 0, start) + 1,
        original=" ".join(source[first:last].split()),
        mutated=" ".join((source[first:start] + text + source[end:last]).split()),
        source=source[:start] + text + source[end:],
    )
