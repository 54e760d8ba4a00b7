"""Signing in by e-mail: addresses, codes and links."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from souk.modules.accounts.errors import MalformedEmail

CODE_LASTS = timedelta(minutes=15)
MAX_ATTEMPTS = 5
"""Codes that may be tried against one message."""

MAX_MESSAGES = 5
"""Messages to one address within `MESSAGES_COUNT_FOR`. With the attempts at each it leaves whoever
guesses 25 tries an hour at one of 100 million codes."""

MESSAGES_COUNT_FOR = timedelta(hours=1)
MAX_LENGTH = 254

_DIGITS = 8
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")


@dataclass(frozen=True, slots=True)
class EmailConfig:
    """`link` is the page that a link leads to, `key` keeps codes from being guessed out of what is
    stored."""

    site: str
    link: str
    key: bytes
    session_days: int


@dataclass(frozen=True, slots=True)
class EmailChallenge:
    """What the client sends back with the code."""

    challenge_id: str
    expires_at: datetime


def normal_email(text: str) -> str:
    """An address in small letters, by the plain form of RFC 5321: what stands before the @ is
    compared without regard to case, as everybody who delivers mail does. Raises
    `MalformedEmail`."""
    address = text.strip()
    if len(address) > MAX_LENGTH or _ADDRESS.fullmatch(address) is None:
        raise MalformedEmail(
            "an e-mail address looks like ada@example.com", context={"pointer": "/email"}
        )
    return address.lower()


def new_code() -> str:
    """Eight random digits."""
    return f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}d}"


def code_hash(config: EmailConfig, challenge_id: str, code: str) -> bytes:
    """What is stored of a code. There are too few for a plain hash to hide one, and each message
    has its own, so that one cannot be looked up by another."""
    return hmac.digest(config.key, f"{challenge_id} {code}".encode(), hashlib.sha256)


def written(config: EmailConfig, code: str, link: str) -> tuple[str, str]:
    """Subject and text of the message. The link's secret follows a #, so that it reaches no
    server's log and no program that looks at links beforehand."""
    half = _DIGITS // 2
    return f"Sign in to {config.site}", (
        f"Your code for {config.site}: {code[:half]} {code[half:]}\n\n"
        f"Or open this link, on any device:\n{config.link}#{link}\n\n"
        "Both are good for 15 minutes and for one sign-in. Nobody from Souk will ever ask you for"
        " them.\nIf you did not ask for this, somebody has typed your address; do nothing.\n"
    )
