"""Wall time, passed to whoever needs it so that a test can move it."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the wall time. Facts judged by a contract use the chain's clock instead."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        return datetime.now(UTC)


def rfc3339(instant: datetime) -> str:
    """An aware instant as every page and message spells it: `2026-01-31T12:00:00.000Z`, cut to
    milliseconds like the SQL function of the same name (RFC 3339)."""
    return f"{instant.astimezone(UTC).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"
