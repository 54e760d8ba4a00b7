"""Keys to an order's timeline."""

from datetime import UTC, datetime, timedelta

import pytest

from souk.modules.trade.domain import TimelineLinks
from souk.modules.trade.errors import TimelineLinkInvalid

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ORDER = "ord_01h455vb4pex5vsknk084sn02q"
LINKS = TimelineLinks(b"a secret of sixteen bytes or more", days=7)


def test_opens_its_order_until_the_last_second() -> None:
    key = LINKS.key(ORDER, NOW)

    assert LINKS.require(ORDER, key, NOW + timedelta(days=8)) == NOW + timedelta(days=8)


def test_opens_nothing_when_its_time_is_over() -> None:
    key = LINKS.key(ORDER, NOW)

    with pytest.raises(TimelineLinkInvalid):
        LINKS.require(ORDER, key, NOW + timedelta(days=8, seconds=1))


def test_is_the_same_all_day_and_another_tomorrow() -> None:
    today = LINKS.key(ORDER, NOW)

    assert LINKS.key(ORDER, NOW + timedelta(hours=23)) == today
    assert LINKS.key(ORDER, NOW + timedelta(hours=24)) != today


def test_opens_no_other_order() -> None:
    with pytest.raises(TimelineLinkInvalid):
        LINKS.require("ord_01h455vb4pex5vsknk084sn02r", LINKS.key(ORDER, NOW), NOW)


def test_opens_nothing_when_another_secret_made_it() -> None:
    foreign = TimelineLinks(b"another secret of sixteen bytes")

    with pytest.raises(TimelineLinkInvalid):
        LINKS.require(ORDER, foreign.key(ORDER, NOW), NOW)


def test_opens_nothing_when_its_expiry_was_moved() -> None:
    expiry, _, signature = LINKS.key(ORDER, NOW).partition(".")

    with pytest.raises(TimelineLinkInvalid):
        LINKS.require(ORDER, f"{int(expiry) + 1}.{signature}", NOW)


@pytest.mark.parametrize(
    "key", ["", ".", "1", "x.y", "-1.00", "٣.00", f"{'9' * 13}.00", "1.\ud800", "1.é"]
)
def test_refuses_junk_without_breaking(key: str) -> None:
    with pytest.raises(TimelineLinkInvalid):
        LINKS.require(ORDER, key, NOW)
