"""A seller's public profile and the rules of its fields."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from souk.core.addresses import Address, MalformedAddress, parse_address
from souk.modules.sellers.errors import InvalidProfileField

# Handles stand in addresses of pages and are read as the platform's own voice.
RESERVED_HANDLES = frozenset(
    {
        "about", "account", "accounts", "admin", "administrator", "api", "app", "arbiter", "auth",
        "billing", "blog", "cart", "checkout", "contact", "help", "login", "logout", "mail",
        "marketplace", "moderator", "new", "news", "null", "official", "orders", "payments",
        "privacy", "products", "root", "search", "security", "seller", "sellers", "settings",
        "shop", "signin", "souk", "staff", "static", "status", "store", "support", "system",
        "team", "terms", "undefined", "www",
    }
)  # fmt: skip

NAME_LENGTH = 80
BIO_LENGTH = 2000
LOCATION_LENGTH = 120
WEBSITE_LENGTH = 200

_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-))*[a-z0-9]")
_TWITTER = re.compile(r"[A-Za-z0-9_]{1,15}")
_DISCORD = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
_TELEGRAM = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,30}[A-Za-z0-9]")
_HOST_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# C0 and C1 controls, and the marks that turn the direction of the text around them.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL_BUT_LINE_ENDS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


class SellerStatus(StrEnum):
    """Whether a store may sell."""

    APPROVED = "approved"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a seller says about the store, as it is stored. `normalised` makes one out of what
    somebody typed; what is stored stays readable when a rule becomes stricter."""

    name: str
    handle: str
    payout_wallet: str
    bio: str | None = None
    location: str | None = None
    website: str | None = None
    twitter: str | None = None
    discord: str | None = None
    telegram: str | None = None

    def normalised(self) -> "Profile":
        """The profile with every value in its normal form. Raises `InvalidProfileField`."""
        return self.with_changes(asdict(self))

    def with_changes(self, changes: Mapping[str, str | None]) -> "Profile":
        """The profile with new values, brought into normal form, for some fields; `None` or an
        empty text clears an optional field. Raises `InvalidProfileField`."""
        normal = {field: _normal(field, value) for field, value in changes.items()}
        return replace(self, **normal)  # type: ignore[arg-type]  # a required one is never None


@dataclass(frozen=True, slots=True)
class SellerRecord:
    """A seller as other modules see it. `payout_wallet` is in EIP-55 form."""

    id: str
    account_id: str
    handle: str
    name: str
    payout_wallet: Address
    status: SellerStatus
    ens_name: str | None = None


@dataclass(frozen=True, slots=True)
class StoredSeller:
    """A seller's whole row."""

    id: str
    account_id: str
    profile: Profile
    status: SellerStatus
    version: int
    created_at: datetime
    updated_at: datetime
    ens_name: str | None = None

    @property
    def record(self) -> SellerRecord:
        """The part that other modules see."""
        profile = self.profile
        return SellerRecord(
            id=self.id,
            account_id=self.account_id,
            handle=profile.handle,
            name=profile.name,
            payout_wallet=Address(profile.payout_wallet),
            status=self.status,
            ens_name=self.ens_name,
        )


def normal_name(text: str) -> str:
    """One line of 1 to 80 characters."""
    return _line("name", text, NAME_LENGTH, least=1)


def normal_handle(text: str) -> str:
    """Lower case; 3 to 32 letters, digits and single inner hyphens; not reserved."""
    handle = text.strip().removeprefix("@").lower()
    if not 3 <= len(handle) <= 32 or _HANDLE.fullmatch(handle) is None:
        raise InvalidProfileField(
            "handle",
            "use 3 to 32 letters a-z, digits and single hyphens, with a letter or digit at both"
            " ends",
        )
    if handle in RESERVED_HANDLES:
        raise InvalidProfileField("handle", f"'{handle}' is reserved; choose another handle")
    return handle


def normal_payout_wallet(text: str) -> str:
    """An address in EIP-55 form."""
    try:
        return parse_address(text)
    except MalformedAddress as error:
        raise InvalidProfileField("payout_wallet", error.detail) from error


def normal_bio(text: str) -> str:
    """Up to 2000 characters in any number of lines."""
    bio = text.replace("\r\n", "\n").strip()
    if len(bio) > BIO_LENGTH or _CONTROL_BUT_LINE_ENDS.search(bio):
        raise InvalidProfileField(
            "bio", f"use at most {BIO_LENGTH} characters and no control characters"
        )
    return bio


def normal_location(text: str) -> str:
    """One line of up to 120 characters."""
    return _line("location", text, LOCATION_LENGTH, least=0)


def normal_website(text: str) -> str:
    """An https address with a public host name, without credentials."""
    website = text.strip()
    if website and not _is_public_https(website):
        raise InvalidProfileField(
            "website",
            f"use an address such as https://example.com of at most {WEBSITE_LENGTH} characters",
        )
    return website


def normal_twitter(text: str) -> str:
    """A user name without the @."""
    rule = "use the user name alone: up to 15 letters, digits and underscores"
    return _user_name("twitter", _TWITTER, text, rule)


def normal_discord(text: str) -> str:
    """A user name as Discord has them now, lower case without a number sign."""
    rule = "use the user name alone: 2 to 32 lower-case letters, digits, underscores and dots"
    name = _user_name("discord", _DISCORD, text.lower(), rule)
    if name and not 2 <= len(name) <= 32:
        raise InvalidProfileField("discord", rule)
    return name


def normal_telegram(text: str) -> str:
    """A user name without the @."""
    rule = "use the user name alone: 5 to 32 letters, digits and underscores, a letter first"
    return _user_name("telegram", _TELEGRAM, text, rule)


_RULES: Mapping[str, Callable[[str], str]] = {
    "name": normal_name,
    "handle": normal_handle,
    "payout_wallet": normal_payout_wallet,
    "bio": normal_bio,
    "location": normal_location,
    "website": normal_website,
    "twitter": normal_twitter,
    "discord": normal_discord,
    "telegram": normal_telegram,
}
_REQUIRED = frozenset({"name", "handle", "payout_wallet"})


def _normal(field: str, text: str | None) -> str | None:
    if text is None and field in _REQUIRED:
        raise InvalidProfileField(field, f"{field} cannot be removed, only changed")
    return None if text is None else _RULES[field](text) or None


def _line(field: str, text: str, most: int, *, least: int) -> str:
    line = text.strip()
    if not least <= len(line) <= most or _CONTROL.search(line):
        raise InvalidProfileField(field, f"use one line of at most {most} characters")
    return line


def _user_name(field: str, pattern: re.Pattern[str], text: str, rule: str) -> str:
    name = text.strip().removeprefix("@")
    if name and pattern.fullmatch(name) is None:
        raise InvalidProfileField(field, rule)
    return name


def _is_public_https(website: str) -> bool:
    if len(website) > WEBSITE_LENGTH or not website.isascii() or re.search(r"[\s\"<>\\]", website):
        return False
    try:
        parts = urlsplit(website)
        port = parts.port
    except ValueError:
        return False
    labels = (parts.hostname or "").split(".")
    return (
        parts.scheme == "https"
        and "@" not in parts.netloc
        and port in (None, 443)
        and len(labels) > 1
        and all(_HOST_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )
