"""Wall time and its spelling."""

from datetime import UTC, datetime, timedelta, timezone

from souk.core.clock import SystemClock, rfc3339


def test_now_is_aware_and_in_utc():
    now = SystemClock().now()
    assert now.utcoffset() == timedelta()
    assert abs(datetime.now(UTC) - now) < timedelta(seconds=60)


def test_rfc3339_is_in_utc_and_cut_to_milliseconds():
    there = timezone(timedelta(hours=-3, minutes=-30))
    assert rfc3339(datetime(2026, 1, 31, 22, 0, 0, 999_999, there)) == "2026-02-01T01:30:00.999Z"
