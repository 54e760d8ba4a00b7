"""The one function that the queue calls."""

import pytest

from souk.core.errors import ProviderUnavailable, UnavailableError
from souk.core.jobs import Loop
from souk.entrypoints.worker import trampoline
from souk.entrypoints.worker.trampoline import Work, work


def run(loop, *, keep_on=lambda: True, succeed=lambda: None) -> None:
    token = work.set(Work({"test.job": Loop("test.job", loop)}, keep_on, succeed))
    try:
        trampoline.run("test.job")
    finally:
        work.reset(token)


def test_starts_the_successor_when_a_run_is_over() -> None:
    done: list[str] = []

    run(lambda _keep_on: done.append("run"), succeed=lambda: done.append("successor"))

    assert done == ["run", "successor"]


def test_starts_no_successor_when_the_process_is_asked_to_stop() -> None:
    done: list[str] = []

    run(lambda _: None, keep_on=lambda: False, succeed=lambda: done.append("successor"))

    assert done == []


@pytest.mark.parametrize(("failure", "level"), [(UnavailableError, "WARNING"), (OSError, "ERROR")])
def test_goes_on_when_a_run_fails(
    failure: type[Exception], level: str, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_keep_on) -> None:
        raise failure("no")

    run(fail, keep_on=lambda: False)

    assert [record.levelname for record in caplog.records] == [level]


def test_ends_well_when_redis_is_away_for_the_successor() -> None:
    def away() -> None:
        done.append("asked")
        raise ProviderUnavailable("Redis is away")

    done: list[str] = []
    run(lambda _: None, succeed=away)

    assert done == ["asked"]
