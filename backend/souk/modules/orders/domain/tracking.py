"""What carriers say."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from souk.modules.orders.errors import BadTracking


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """What a carrier, or the seller on its behalf, says about a parcel."""

    carrier: str
    code: str
    status: str
    occurred_at: datetime
    url: str | None = None


_TRACKING_LIMITS = {"carrier": 80, "code": 100, "status": 200}
MAX_URL = 2048


def check_tracking(tracking: Tracking) -> None:
    """Raises `BadTracking` naming the first field that is out of its bounds."""
    for name, limit in _TRACKING_LIMITS.items():
        text: str = getattr(tracking, name)
        if not text.strip() or len(text) > limit:
            raise BadTracking(name, f"1 to {limit} characters")
    if tracking.url is not None and not _is_web_address(tracking.url):
        raise BadTracking("url", f"an http or https address of at most {MAX_URL} characters")


def _is_web_address(url: str) -> bool:
    if len(url) > MAX_URL or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
