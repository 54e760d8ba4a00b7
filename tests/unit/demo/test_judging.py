"""How checks are judged, apart from what they check."""

import io

from souk.entrypoints.commands.demo import conclude, report
from souk.entrypoints.demo.checks import CHECKS, Check, judge
from souk.entrypoints.demo.checks.check import about, holds, same
from souk.entrypoints.demo.evidence import Evidence
from souk.entrypoints.demo.narrator import Narrator


def test_judge_names_only_checks_that_differ() -> None:
    checks = [Check("well", lambda _seen: ""), Check("ill", lambda _seen: "is 1, should be 2")]
    failures = judge(Evidence(), checks)
    assert [(failure.name, failure.found) for failure in failures] == [("ill", "is 1, should be 2")]


def test_judge_fails_a_check_when_it_cannot_be_judged() -> None:
    (failure,) = judge(Evidence(), [Check("breaks", lambda _seen: str([][1]))])
    assert failure.found.startswith("cannot be judged: IndexError")


def test_judge_fails_every_check_when_no_story_was_played() -> None:
    assert len(judge(Evidence(), CHECKS)) == len(CHECKS)


def test_about_hands_the_story_to_its_rules_when_it_was_played() -> None:
    (check,) = about("story", lambda seen: seen.stopped, ("rule", lambda s: same(s, {})))
    assert (check.name, check.differs(Evidence())) == ("story: rule", "")


def test_same_shows_both_values_when_they_differ() -> None:
    assert same(1, 2) == "is 1, should be 2"


def test_holds_shows_what_is_there_when_it_is_no_fact() -> None:
    assert (holds(True, "x"), holds(False, "x")) == ("", "is x")


def test_report_says_why_a_story_stopped() -> None:
    told = io.StringIO()
    report(Narrator(told), Evidence(stopped={"1  Paid": "waited in vain"}), every=False)
    assert "stopped: 1  Paid: waited in vain" in told.getvalue()


def test_report_names_every_check_when_asked_to() -> None:
    told = io.StringIO()
    report(Narrator(told), Evidence(), every=True)
    assert all(f"FAILED  {check.name}\n" in told.getvalue() for check in CHECKS)


def test_conclude_exits_with_one_when_a_check_fails() -> None:
    told = io.StringIO()
    failures = judge(Evidence(), CHECKS[:1])
    code = conclude(Narrator(told), failures)
    assert (code, told.getvalue()) == (1, f"demo: {len(CHECKS)} checks, 1 failed\n")
