"""Decision records: numbered, half a page, each naming a robot that exists."""

import re
from collections.abc import Collection, Iterator, Mapping

from .tree import ROOT, Violation

LINES = 40
_NAME = re.compile(r"docs/decisions/(\d{4})-[a-z0-9-]+\.md")
_PARTS = ("**Context.**", "**Decision.**", "**Checked by**")
_PATH = re.compile(r"`((?:tests|contracts|scripts)/[\w./-]+)`")
_RULE = re.compile(r"`([A-Z]{1,4}\d{2,4}|[A-Z]{2,4})`")
_CONTRACT = re.compile(r'import-linter contract\s+"([^"]+)"')


def find_bad_records(
    records: Mapping[str, str], rules: Collection[str], contracts: Collection[str]
) -> Iterator[Violation]:
    """Records that are misnumbered, too long, incomplete, or name no robot. `rules` are the
    selected ruff rules, `contracts` the names of the import contracts."""
    for expected, path in enumerate(sorted(records), 1):
        name, text = _NAME.fullmatch(path), records[path]
        if name is None or int(name[1]) != expected:
            yield Violation(path, 1, f"is not docs/decisions/{expected:04}-what-it-says.md")
        elif not text.startswith(f"# {expected}. "):
            yield Violation(path, 1, f"its title begins with `# {expected}. `")
        lines = text.splitlines()
        if len(lines) > LINES:
            yield Violation(path, LINES, f"{len(lines)} lines, at most {LINES}")
        for part in _PARTS:
            if not any(line.startswith(part) for line in lines):
                yield Violation(path, 1, f"has no paragraph {part}")
        yield from _bad_robots(path, text.partition(_PARTS[-1])[2], rules, contracts)


def _bad_robots(
    path: str, text: str, rules: Collection[str], contracts: Collection[str]
) -> Iterator[Violation]:
    paths = set(_PATH.findall(text))
    named = set(_RULE.findall(text)) & set(rules)
    bound = set(_CONTRACT.findall(text))
    for missing in sorted(robot for robot in paths if not (ROOT / robot).exists()):
        yield Violation(path, 1, f"its robot {missing} does not exist")
    for missing in sorted(bound - set(contracts)):
        yield Violation(path, 1, f"there is no import contract {missing!r}")
    if not paths | named | bound:
        yield Violation(path, 1, "names no robot")
