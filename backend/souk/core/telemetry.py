"""Structured logs: one JSON object a line, with the id of the request they belong to."""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime

request_id: ContextVar[str | None] = ContextVar("souk_request_id", default=None)

# Credentials hide in the user part, path and query of URLs (RPC providers put their keys there),
# in authorization headers and in named values; a log line must carry none, whoever wrote it.
# Every repetition is bounded: a stranger chooses what is logged, such as a path, and must not
# choose how long that takes.
# Before each stand texts of which one must be there, in small letters: looking for them takes a
# twentieth of the time, and most lines hold none.
_SECRETS = (
    (
        ("://",),
        re.compile(r"(?P<scheme>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}://)\S{1,512}@", re.I),
        r"\g<scheme>***@",
    ),
    (
        ("://",),
        re.compile(r"(?P<url>(?:https?|wss?)://[^\s/?\"']{1,512})(?:[/?][^\s\"']*)", re.I),
        r"\g<url>/***",
    ),
    (
        ("bearer", "basic"),
        re.compile(r"(?P<word>(?:bearer|basic)\s{1,8})\S+", re.I),
        r"\g<word>***",
    ),
    (("key=",), re.compile(r"(?P<word>[?&]key=)[^\s&]+", re.I), r"\g<word>***"),
    (
        ("key", "secret", "password", "token"),
        re.compile(
            r"(?P<word>(?:private_?key|api_?key|secret|password|token)['\"]?\s{0,8}[=:]\s{0,8})\S+",
            re.I,
        ),
        r"\g<word>***",
    ),
    (("0x",), re.compile(r"(?P<word>key\W{0,8})0x[0-9a-f]{64}", re.I), r"\g<word>***"),
    # Keys that say by their first letters what they are, and what opens one payment.
    (
        ("k_live_", "k_test_", "whsec_", "_secret_"),
        re.compile(r"(?P<word>\b[sr]k_(?:live|test)_|\bwhsec_|_secret_)\w{1,512}"),
        r"\g<word>***",
    ),
)


def redact(line: str) -> str:
    """The text without anything that looks like a credential."""
    small = line.casefold()
    for signs, pattern, replacement in _SECRETS:
        if any(sign in small for sign in signs):
            line = pattern.sub(replacement, line)
    return line


class JsonFormatter(logging.Formatter):
    """Renders a record as one JSON line."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, request id, message and, if there is one, the traceback."""
        entry: dict[str, str] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        current = request_id.get()
        if current is not None:
            entry["request_id"] = current
        if record.exc_info:
            entry["traceback"] = redact(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def configure_logging(level: str = "INFO") -> None:
    """Send every logger's lines to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
