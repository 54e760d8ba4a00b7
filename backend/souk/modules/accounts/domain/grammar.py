"""The grammar of EIP-4361, by the standards that it refers to: RFC 3986 for URIs and their parts,
RFC 3339 for times, EIP-55 for addresses. Nothing is repaired: a text follows it or is refused.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from ipaddress import AddressValueError, IPv6Address

from souk.core.addresses import Address, checksum_address
from souk.modules.accounts.domain import HEADING, VERSION, SiweMessage
from souk.modules.accounts.errors import MalformedSignInMessage

MAX_LENGTH = 8192
# A chain id is at most a uint256; longer runs of digits would only cost time.
_MAX_DIGITS = 78

_UNRESERVED = r"A-Za-z0-9\-._~"
_SUB_DELIMS = r"!$&'()*+,;="
_ESCAPED = r"%[0-9A-Fa-f]{2}"
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]*"
_PCHAR = rf"(?:[{_UNRESERVED}{_SUB_DELIMS}:@]|{_ESCAPED})"
_TAIL = rf"(?:[{_UNRESERVED}{_SUB_DELIMS}:@/?]|{_ESCAPED})*"

_AUTHORITY = re.compile(
    rf"(?:(?:[{_UNRESERVED}{_SUB_DELIMS}:]|{_ESCAPED})*@)?"
    rf"(?:\[(?P<literal>[^\]]*)\]|(?P<name>(?:[{_UNRESERVED}{_SUB_DELIMS}]|{_ESCAPED})*))"
    r"(?::[0-9]*)?"
)
_IP_FUTURE = re.compile(rf"[vV][0-9A-Fa-f]+\.[{_UNRESERVED}{_SUB_DELIMS}:]+")
_URI = re.compile(
    rf"{_SCHEME}:"
    rf"(?://(?P<authority>[^/?#]*)(?:/{_PCHAR}*)*"
    rf"|/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?"
    rf"|{_PCHAR}+(?:/{_PCHAR}*)*"
    r"|)"
    rf"(?:\?{_TAIL})?(?:\#{_TAIL})?"
)
_ORIGIN = re.compile(rf"(?:(?P<scheme>{_SCHEME})://)?(?P<domain>.+)")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_STATEMENT = re.compile(rf"[:/?#\[\]@{_SUB_DELIMS}{_UNRESERVED} ]*")
_NONCE = re.compile(r"[A-Za-z0-9]{8,}")
_REQUEST_ID = re.compile(rf"{_PCHAR}*")
_DATE_TIME = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[Tt]"
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?"
    r"(?:[Zz]|(?P<sign>[+-])(?P<zone_hour>[0-9]{2}):(?P<zone_minute>[0-9]{2}))"
)


def parse_message(text: str) -> SiweMessage:
    """Read a sign-in message. Raises `MalformedSignInMessage`, which names the first field that
    does not follow the grammar."""
    if len(text) > MAX_LENGTH:
        raise MalformedSignInMessage("the text", f"has at most {MAX_LENGTH} characters")
    lines = _Lines(text)
    scheme, domain = _origin(lines.take("the heading"))
    address = _address(lines.take("the address"))
    statement = _statement(lines)
    uri = _uri("URI", lines.labelled("URI"))
    if lines.labelled("Version") != VERSION:
        raise MalformedSignInMessage("Version", f"must be {VERSION}")
    message = SiweMessage(
        scheme=scheme,
        domain=domain,
        address=address,
        statement=statement,
        uri=uri,
        chain_id=_chain_id(lines.labelled("Chain ID")),
        nonce=_matching(_NONCE, "Nonce", lines.labelled("Nonce"), "needs 8 letters or digits"),
        issued_at=_instant("Issued At", lines.labelled("Issued At")),
        expiration_time=_optional_instant(lines, "Expiration Time"),
        not_before=_optional_instant(lines, "Not Before"),
        request_id=_request_id(lines.optional("Request ID")),
        resources=_resources(lines),
    )
    lines.require_end()
    return message


class _Lines:
    """The lines of a text, taken from the top."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._next = 0

    def peek(self) -> str | None:
        """The next line, or `None` at the end."""
        return self._lines[self._next] if self._next < len(self._lines) else None

    def take(self, what: str) -> str:
        """The next line."""
        line = self.peek()
        if line is None:
            raise MalformedSignInMessage(what, "is missing")
        self._next += 1
        return line

    def blank(self) -> None:
        """An empty line."""
        if self.take("an empty line") != "":
            raise MalformedSignInMessage("an empty line", "is missing around the statement")

    def labelled(self, label: str) -> str:
        """The value of the line that must be `<label>: <value>`."""
        value = self.optional(label)
        if value is None:
            raise MalformedSignInMessage(label, "is missing or out of order")
        return value

    def optional(self, label: str) -> str | None:
        """The value of the next line if it is `<label>: <value>`."""
        line = self.peek()
        if line is None or not line.startswith(f"{label}: "):
            return None
        self._next += 1
        return line.removeprefix(f"{label}: ")

    def require_end(self) -> None:
        """No line is left."""
        if self.peek() is not None:
            raise MalformedSignInMessage("a line", "follows that is unknown or out of order")


def _matching(pattern: re.Pattern[str], field: str, value: str, rule: str) -> str:
    if pattern.fullmatch(value) is None:
        raise MalformedSignInMessage(field, rule)
    return value


def _origin(heading: str) -> tuple[str | None, str]:
    origin = _ORIGIN.fullmatch(heading.removesuffix(HEADING))
    if origin is None or not heading.endswith(HEADING):
        raise MalformedSignInMessage("the heading", f"must be a domain and '{HEADING.strip()}'")
    return origin["scheme"], _authority("the domain", origin["domain"])


def _authority(field: str, text: str) -> str:
    match = _AUTHORITY.fullmatch(text)
    if match is None or not (match["name"] or _is_ip_literal(match["literal"] or "")):
        raise MalformedSignInMessage(field, "must be a host with an optional port (RFC 3986)")
    return text


def _is_ip_literal(text: str) -> bool:
    if _IP_FUTURE.fullmatch(text) is not None:
        return True
    try:
        return IPv6Address(text).scope_id is None
    except AddressValueError:
        return False


def _address(text: str) -> Address:
    if _ADDRESS.fullmatch(text) is None or checksum_address(text) != text:
        raise MalformedSignInMessage("the address", "must be spelled with its EIP-55 checksum")
    return Address(text)


def _statement(lines: _Lines) -> str | None:
    """The statement stands between two empty lines; without one these two follow each other. The
    grammar also allows an empty statement, which makes three."""
    lines.blank()
    if lines.peek() != "":
        statement = _matching(
            _STATEMENT,
            "the statement",
            lines.take("the statement"),
            "may hold only the reserved and unreserved characters of RFC 3986, and spaces",
        )
        lines.blank()
        return statement
    lines.blank()
    if lines.peek() != "":
        return None
    lines.blank()
    return ""


def _uri(field: str, text: str) -> str:
    match = _URI.fullmatch(text)
    if match is None:
        raise MalformedSignInMessage(field, "must be an absolute URI (RFC 3986)")
    if match["authority"]:
        _authority(field, match["authority"])
    return text


def _chain_id(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _MAX_DIGITS or int(text) == 0:
        raise MalformedSignInMessage("Chain ID", "must be a whole number above 0")
    return int(text)


def _optional_instant(lines: _Lines, label: str) -> datetime | None:
    text = lines.optional(label)
    return None if text is None else _instant(label, text)


def _instant(field: str, text: str) -> datetime:
    match = _DATE_TIME.fullmatch(text)
    try:
        if match is not None:
            return _to_utc(match)
    except (ValueError, OverflowError):
        # The form is right, the date or the zone does not exist.
        pass
    raise MalformedSignInMessage(field, "must be a date and time with its zone (RFC 3339)")


def _to_utc(match: re.Match[str]) -> datetime:
    parts = {name: int(match[name]) for name in ("year", "month", "day", "hour", "minute")}
    # A leap second has the number 60, which Python's clock lacks: it is the next second's start.
    leap = match["second"] == "60"
    second = 59 if leap else int(match["second"])
    microsecond = 0 if leap else int((match["fraction"] or "0")[:6].ljust(6, "0"))
    zone = UTC if match["sign"] is None else _zone(match)
    local = datetime(**parts, second=second, microsecond=microsecond, tzinfo=zone)
    return (local + timedelta(seconds=1 if leap else 0)).astimezone(UTC)


def _zone(match: re.Match[str]) -> timezone:
    hours, minutes = int(match["zone_hour"]), int(match["zone_minute"])
    if hours > 23 or minutes > 59:
        raise ValueError("no zone is that far from UTC")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if match["sign"] == "-" else offset)


def _request_id(text: str | None) -> str | None:
    rule = "may hold only the path characters of RFC 3986"
    return None if text is None else _matching(_REQUEST_ID, "Request ID", text, rule)


def _resources(lines: _Lines) -> tuple[str, ...] | None:
    if lines.peek() != "Resources:":
        return None
    lines.take("Resources")
    resources = []
    while (line := lines.peek()) is not None:
        if not line.startswith("- "):
            raise MalformedSignInMessage("Resources", "must each begin with a dash and a space")
        resources.append(_uri("Resources", line.removeprefix("- ")))
        lines.take("Resources")
    return tuple(resources)
