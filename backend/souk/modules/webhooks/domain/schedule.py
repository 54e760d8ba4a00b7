"""When a delivery is tried again, and when it and its endpoint are given up."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http import HTTPStatus

# After the first try, the second, ...: seconds at first, so that a restart of the receiver costs
# nothing, and three days in all, so that a long weekend does not either.
DELAYS_SECONDS = (5, 5 * 60, 30 * 60, 2 * 3600, 8 * 3600, 20 * 3600, 40 * 3600)
MAX_TRIES = len(DELAYS_SECONDS) + 1
# A delay is this much shorter or longer by chance, so that what failed together does not come
# back together.
JITTER = 0.2
MAX_RETRY_AFTER = timedelta(days=1)
# Longer than one delivery is tried: an endpoint that refuses a single event is not given up.
MAX_FAILING = timedelta(days=5)

_SUCCESS = 2

Chance = Callable[[], float]
"""Between 0 and 1, another one each time."""


class Verdict(Enum):
    """What an attempt means for its delivery."""

    SENT = auto()
    AGAIN = auto()
    GIVEN_UP = auto()
    GONE = auto()


def judge(status: int | None, tries: int) -> Verdict:
    """What follows from an answer, or from none, to the try of this number."""
    if status is not None and status // 100 == _SUCCESS:
        return Verdict.SENT
    if status == HTTPStatus.GONE:
        return Verdict.GONE
    return Verdict.AGAIN if tries < MAX_TRIES else Verdict.GIVEN_UP


def next_delay(tries: int, headers: Mapping[str, str], now: datetime, chance: Chance) -> timedelta:
    """How long to wait after the try of this number has failed. `headers` are the answer's; its
    Retry-After makes it longer, up to a day, and never shorter."""
    usual = DELAYS_SECONDS[min(tries, len(DELAYS_SECONDS)) - 1]
    delay = timedelta(seconds=usual * (1 - JITTER + 2 * JITTER * chance()))
    asked = retry_after(headers.get("retry-after", ""), now)
    return max(delay, min(asked, MAX_RETRY_AFTER))


def retry_after(value: str, now: datetime) -> timedelta:
    """What the header asks for (RFC 9110 section 10.2.3), nothing when it says nothing."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:12]), int(MAX_RETRY_AFTER.total_seconds())))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        # Whoever answers may write a year that no machine's integer holds.
        return timedelta()
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now


def has_failed_for_long(first_failed_at: datetime, now: datetime) -> bool:
    """Whether an endpoint is given up that has taken nothing since then."""
    return now - first_failed_at >= MAX_FAILING
