"""The last line of a run says what could not be run."""

from pathlib import Path

from tests.support.suites import Result, closing, not_run

REPORT = """<testsuites><testsuite>
<testcase name="a"><skipped type="pytest.skip" message="NOT RUN: there is no clamd"/></testcase>
<testcase name="b"><skipped type="pytest.skip" message="NOT RUN: there is no clamd"/></testcase>
<testcase name="c"><skipped type="pytest.skip" message="for another reason"/></testcase>
</testsuite></testsuites>"""


def test_reads_each_reason_once(tmp_path: Path) -> None:
    (tmp_path / "ports.xml").write_text(REPORT)

    assert not_run(tmp_path / "ports.xml") == {"there is no clamd"}
    assert not_run(tmp_path / "missing.xml") == frozenset()


def test_says_what_was_not_run() -> None:
    done = [Result("ports", not_run=frozenset({"there is no clamd"})), Result("unit")]

    assert closing(7, 0, 1.25, done) == "7 passed, 0 failed in 1.2 s, NOT RUN: there is no clamd"
    assert closing(7, 0, 1.25, done[1:]) == "7 passed, 0 failed in 1.2 s"
