"""Proving an e-mail address: codes and links, and the letters that they are sent in."""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from souk.modules.accounts.errors import MalformedEmail

CODE_LASTS = timedelta(minutes=15)
MAX_ATTEMPTS = 5
"""Codes that may be tried against one message."""

MAX_MESSAGES = 5
"""Messages of one kind to one address within `MESSAGES_COUNT_FOR`, besides those that were used.
With the attempts at each it leaves whoever guesses 25 tries an hour at one of 100 million codes. Of
those that would add the address to an account each account has so many of its own."""

MAX_MESSAGES_TO_ADD = 20
"""Messages that would add one address to any account, within the same time: no account uses up what
others may ask for, and nobody's letter-box is filled by many accounts."""

MESSAGES_COUNT_FOR = timedelta(hours=1)
LINK_LASTS = MESSAGES_COUNT_FOR
"""Whoever is sent no more, because somebody else has asked too often, has a link that is good."""

MAX_LENGTH = 254
SEED_BYTES = 32

_DIGITS = 8
_MOST_WAIT_SECONDS = 60
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=.{{1,64}}@){_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")


@dataclass(frozen=True, slots=True)
class EmailConfig:
    """`sign_in_page` and `confirm_page` are where links lead, `key` keeps codes and links from
    being made out of what is stored."""

    site: str
    sign_in_page: str
    confirm_page: str
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


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What proves that a letter was read: eight digits, or what follows the # of a link."""

    code: str
    link: str


def enclosed(config: EmailConfig, challenge_id: str, seed: bytes) -> Enclosed:
    """What a letter holds. It follows from our key and from random bytes that are stored until the
    letter is sent: neither alone tells it, and a letter that is sent again is the same."""
    code, link = (
        hmac.digest(config.key, f"{what} of {challenge_id} ".encode() + seed, hashlib.sha256)
        for what in ("code", "link")
    )
    return Enclosed(
        code=f"{int.from_bytes(code) % 10**_DIGITS:0{_DIGITS}d}",
        link=urlsafe_b64encode(link).decode().rstrip("="),
    )


def code_hash(config: EmailConfig, challenge_id: str, code: str) -> bytes:
    """What is stored of a code. There are too few for a plain hash to hide one, and each message
    has its own, so that one cannot be looked up by another."""
    return hmac.digest(config.key, f"{challenge_id} {code}".encode(), hashlib.sha256)


class LetterState(StrEnum):
    """How far a letter is: `waiting` to be sent, `delayed` as the mail server did not take it yet,
    `sent`, or `over`, when what it holds is too old."""

    WAITING = "waiting"
    DELAYED = "delayed"
    SENT = "sent"
    OVER = "over"


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries to send a letter."""
    return timedelta(seconds=min(2**tries, _MOST_WAIT_SECONDS))


@dataclass(frozen=True, slots=True)
class Letter:
    """A subject and a text."""

    subject: str
    body: str


def to_sign_in(config: EmailConfig, inside: Enclosed) -> Letter:
    """For whoever wants to sign in. The link's secret follows a #, so that it reaches no server's
    log and no program that looks at links beforehand."""
    return Letter(
        f"Sign in to {config.site}",
        f"{_code(config, inside)}"
        f"Or open this link, on any device:\n{config.sign_in_page}#{inside.link}\n\n"
        "The code is good for 15 minutes, the link for an hour, and either for one sign-in. Nobody"
        " from Souk will ever ask you for them.\n"
        "If you did not ask for this, somebody has typed your address; do nothing.\n",
    )


def to_add(config: EmailConfig, inside: Enclosed) -> Letter:
    """For whoever adds an address to the account that they are signed in to."""
    return Letter(
        f"Add this address to your account at {config.site}",
        f"{_code(config, inside)}"
        "Type it where you asked for it, or open this link there:\n"
        f"{config.confirm_page}#{inside.link}\n\n"
        "The code is good for 15 minutes, the link for an hour, and only for whoever asked. From"
        " then on this address signs in to that account.\n"
        "If you did not ask for this, somebody has typed your address; do nothing.\n",
    )


def already_taken(config: EmailConfig) -> Letter:
    """For whoever has an account by an address that somebody wants to add to another."""
    return Letter(
        f"This address has an account at {config.site}",
        f"Somebody wanted to add this address to another account at {config.site}. It was not"
        " added, because it signs in to an account already.\n\n"
        "If that was you: sign in with this address, remove it there, and add it again.\n"
        "If it was not, do nothing: they have learned nothing.\n",
    )


def _code(config: EmailConfig, inside: Enclosed) -> str:
    half = _DIGITS // 2
    return f"Your code for {config.site}: {inside.code[:half]} {inside.code[half:]}\n\n"
