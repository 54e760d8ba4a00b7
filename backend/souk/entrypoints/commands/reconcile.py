"""`souk reconcile`: compare what the rails say with the legs and the books."""

import argparse
from collections.abc import Sequence
from datetime import timedelta

from souk.bootstrap import build
from souk.core.clock import rfc3339
from souk.entrypoints.failures import CommandFailed
from souk.modules.books.domain import OpenBreak, RailReport
from souk.modules.books.service import Reconciliation
from souk.settings import Settings

_MOST_DAYS = 3_660
_HEADINGS = ("rail", "up to", "legs", "missed", "healed", "open")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How much, and where."""
    parser.add_argument(
        "--days",
        type=_days,
        metavar="N",
        help="everything of the last N days, and the sums of what is held; without it, what"
        " changed lately or is still open",
    )
    parser.add_argument(
        "--rail",
        action="append",
        metavar="PLACE",
        help="only this place, such as eip155:1; may be given several times",
    )


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST_DAYS:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {_MOST_DAYS}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """0 when nothing is open, 1 while something is, 2 when a rail could not be compared."""
    container = build(Settings.from_environment())
    try:
        return _reconcile(container.get(Reconciliation), arguments.days, arguments.rail)
    finally:
        container.close()


def _reconcile(
    reconciliation: Reconciliation, days: int | None, wanted: Sequence[str] | None
) -> int:
    places = list(wanted or reconciliation.places)
    unknown = sorted(set(places) - set(reconciliation.places))
    if unknown:
        known = ", ".join(reconciliation.places) or "none"
        raise CommandFailed(f"there is no rail {', '.join(unknown)}; there are: {known}", 2)
    span = None if days is None else timedelta(days=days)
    reports = reconciliation.compare(span, places, say=_say)
    left = reconciliation.list_open(places)
    print("\n".join(table(reports) + listing(left)))
    if left:
        return 1
    return 2 if any(report.failure for report in reports) else 0


def _say(line: str) -> None:
    print(line, flush=True)


def table(reports: Sequence[RailReport]) -> list[str]:
    """One line a rail: how far it was compared, and what came of it."""
    rows = [
        _HEADINGS,
        *(
            (
                report.place,
                str(report.position or "-"),
                str(report.legs),
                str(report.facts),
                str(report.healed),
                str(report.open),
            )
            for report in reports
        ),
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = ["", *("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)]
    return lines + [f"{one.place}: not compared: {one.failure}" for one in reports if one.failure]


def listing(left: Sequence[OpenBreak]) -> list[str]:
    """What is open, and in what figures."""
    if not left:
        return ["", "nothing is open"]
    lines = ["", f"{len(left)} open:"]
    for one in left:
        lines.append(f"  {one.kind}  {one.rule}  {one.subject}  since {rfc3339(one.opened_at)}")
        lines += [f"    expected  {one.expected}", f"    found     {one.found}"]
    return lines
