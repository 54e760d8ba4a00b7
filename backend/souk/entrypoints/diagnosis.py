"""What `souk doctor` says of each dependency."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from souk.core.errors import DomainError

Check = Callable[[], str]


class Unwell(Exception):
    """Something is wrong; `advice` says what to do about it."""

    def __init__(self, said: str, advice: str) -> None:
        super().__init__(said)
        self.said = said
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    name: str
    well: bool
    said: str
    advice: str = ""


def examine(name: str, check: Check) -> Finding:
    """Run one check, which returns a line about a healthy part or raises `Unwell`."""
    try:
        return Finding(name, True, check())
    except Unwell as reason:
        return Finding(name, False, reason.said, reason.advice)
    except DomainError as error:
        return Finding(name, False, error.detail, "see the logs of the part")
    except Exception as error:  # a broken dependency may fail in any way, and is then reported
        # Never the message: it may hold an address with a password in it.
        return Finding(name, False, f"fails with {type(error).__name__}", "see the logs")


def as_text(findings: Sequence[Finding]) -> str:
    """For people: one line each, and below a bad one what to do."""
    lines = []
    for finding in findings:
        lines.append(f"{'ok  ' if finding.well else 'BAD '} {finding.name:<18} {finding.said}")
        if not finding.well:
            lines.append(f"       to do: {finding.advice}")
    bad = sum(not finding.well for finding in findings)
    lines.append(
        f"{len(findings)} checks, {bad} bad" if bad else f"{len(findings)} checks, all well"
    )
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    """For scripts."""
    well = all(finding.well for finding in findings)
    return json.dumps({"well": well, "findings": [asdict(one) for one in findings]}, indent=1)
