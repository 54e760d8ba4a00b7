"""When a delivery is tried again, and when it is given up."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.modules.webhooks.domain import (
    DELAYS_SECONDS,
    JITTER,
    MAX_FAILING,
    MAX_RETRY_AFTER,
    MAX_TRIES,
    Verdict,
    has_failed_for_long,
    judge,
    next_delay,
    retry_after,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def delay(tries: int, *, chance: float = 0.5, **headers: str) -> timedelta:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return next_delay(tries, named, NOW, lambda: chance)


def test_tries_last_for_about_three_days() -> None:
    whole = sum((delay(tries) for tries in range(1, MAX_TRIES)), timedelta())
    assert MAX_TRIES == 8
    assert timedelta(days=2.5) < whole < timedelta(days=3.5)


@given(tries=st.integers(1, MAX_TRIES - 1), chance=st.floats(0, 1))
def test_delay_varies_about_its_own_length(tries: int, chance: float) -> None:
    usual = DELAYS_SECONDS[tries - 1] * SECOND
    assert usual * (1 - JITTER) - SECOND <= delay(tries, chance=chance)
    assert delay(tries, chance=chance) <= usual * (1 + JITTER) + SECOND


def test_delay_is_another_by_chance() -> None:
    assert delay(3, chance=0) < delay(3, chance=1)


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("0", 5),
        ("999999999999999999999", 86_400),
        ("-5", 5),
        ("soon", 5),
        ("", 5),
        ("1e3", 5),
        ("\N{SUPERSCRIPT TWO}", 5),
        (format_datetime(NOW + timedelta(minutes=2), usegmt=True), 120),
        (format_datetime(NOW + timedelta(days=400), usegmt=True), 86_400),
        (format_datetime(NOW - timedelta(days=1), usegmt=True), 5),
        ("Sun, 99 Mar 2026 12:00:00 GMT", 5),
        ("Sun, 01 Mar 99999 12:00:00 GMT", 5),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", 5),
        ("Mon, 99999999999999999999 Jan 2024 00:00:00 GMT", 5),
        ("Mon, 01 Jan 2024 99999999999999999999:00:00 GMT", 5),
    ],
)
def test_retry_after_is_honoured_within_bounds(asked: str, seconds: int) -> None:
    assert delay(1, retry_after=asked) == timedelta(seconds=seconds)


def test_retry_after_makes_no_delay_shorter() -> None:
    assert delay(5, retry_after="60") == DELAYS_SECONDS[4] * SECOND


@given(st.text())
def test_retry_after_is_read_whatever_it_says(value: str) -> None:
    assert min(retry_after(value, NOW), MAX_RETRY_AFTER) <= MAX_RETRY_AFTER


@pytest.mark.parametrize(
    ("status", "tries", "verdict"),
    [
        (200, 1, Verdict.SENT),
        (204, MAX_TRIES, Verdict.SENT),
        (299, 1, Verdict.SENT),
        (None, 1, Verdict.AGAIN),
        (101, 1, Verdict.AGAIN),
        (302, 1, Verdict.AGAIN),
        (400, 1, Verdict.AGAIN),
        (500, MAX_TRIES - 1, Verdict.AGAIN),
        (500, MAX_TRIES, Verdict.GIVEN_UP),
        (None, MAX_TRIES + 1, Verdict.GIVEN_UP),
        (410, 1, Verdict.GONE),
        (410, MAX_TRIES, Verdict.GONE),
    ],
)
def test_verdict_follows_from_the_answer(status: int | None, tries: int, verdict: Verdict) -> None:
    assert judge(status, tries) is verdict


def test_endpoint_has_failed_for_long_after_more_than_one_delivery_is_tried() -> None:
    longest = sum((delay(tries, chance=1) for tries in range(1, MAX_TRIES)), timedelta())
    assert longest < MAX_FAILING
    assert not has_failed_for_long(NOW - MAX_FAILING + SECOND, NOW)
    assert has_failed_for_long(NOW - MAX_FAILING, NOW)
