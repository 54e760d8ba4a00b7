"""The rules of a profile's fields: each brings what somebody typed into its normal form, or refuses
it and says, where it can guess, what was meant."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from souk.core.addresses import MalformedAddress, parse_address
from souk.core.wording import find_unreadable, is_seen, many_lines, one_line
from souk.modules.media.domain import parse_cid
from souk.modules.media.errors import MalformedCid
from souk.modules.sellers.domain.countries import COUNTRIES, meant_country
from souk.modules.sellers.errors import InvalidProfileField

Value = str | bool | None

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
POLICY_LENGTH = 4000
HOLIDAY_NOTE_LENGTH = 280

_HANDLE = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-))*[a-z0-9]")
_TWITTER = re.compile(r"[A-Za-z0-9_]{1,15}")
_DISCORD = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
_TELEGRAM = re.compile(r"[A-Za-z][A-Za-z0-9_]{3,30}[A-Za-z0-9]")
_HOST_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# What reads like the end of a name of ENS, whatever is before it, also by letters of other scripts.
_ENS_NAME = re.compile(r"[.\u3002]\s*eth(?![a-z])")
_LIKE_LATIN = str.maketrans("\u0435\u0442\u04bb\u03b5\u03c4", "etheT".lower())
# What stands around a user name in the addresses and habits of the three networks.
_AROUND_NAME = re.compile(
    r"^(?:https?://)?(?:www\.)?(?:twitter\.com|x\.com|t\.me|telegram\.me|discord\.com/users)/|#\d{4}$",
    re.IGNORECASE,
)


def normal_name(text: str) -> str:
    """One line of 1 to 80 characters, and no name of ENS: those are proved, and shown apart."""
    name = _line("name", text, NAME_LENGTH, least=1)
    if not is_seen(name):
        raise InvalidProfileField("name", "use at least one letter or digit")
    if _ENS_NAME.search(unicodedata.normalize("NFKC", name).casefold().translate(_LIKE_LATIN)):
        raise InvalidProfileField(
            "name",
            "a name of ENS is shown beside the store's own once it is proved at POST"
            " /api/ens/verify; choose another name here",
        )
    return name


def normal_handle(text: str) -> str:
    """Lower case; 3 to 32 letters, digits and single inner hyphens; not reserved."""
    handle = text.strip().removeprefix("@").lower()
    if not 3 <= len(handle) <= 32 or _HANDLE.fullmatch(handle) is None:
        raise InvalidProfileField(
            "handle",
            "use 3 to 32 letters a-z, digits and single hyphens, with a letter or digit at both"
            " ends",
            suggestion=slug(text),
        )
    if handle in RESERVED_HANDLES:
        raise InvalidProfileField(
            "handle",
            f"'{handle}' is reserved; choose another handle",
            suggestion=f"{handle}-shop",
        )
    return handle


def normal_payout_wallet(text: str) -> str:
    """An address in EIP-55 form."""
    try:
        return parse_address(text)
    except MalformedAddress as error:
        raise InvalidProfileField("payout_wallet", error.detail) from error


def normal_bio(text: str) -> str:
    """Up to 2000 characters in any number of lines."""
    return _text("bio", text, BIO_LENGTH)


def normal_location(text: str) -> str:
    """One line of up to 120 characters."""
    return _line("location", text, LOCATION_LENGTH, least=0)


def normal_website(text: str) -> str:
    """An https address with a public host name, without credentials."""
    website = text.strip()
    if website and not _is_public_https(website):
        _, _, rest = website.rpartition("://")
        meant = f"https://{rest}"
        raise InvalidProfileField(
            "website",
            f"use an address such as https://example.com of at most {WEBSITE_LENGTH} characters",
            suggestion=meant if meant != website and _is_public_https(meant) else None,
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


def normal_ships_from(text: str) -> str:
    """The country that goods are sent from, by its two letters."""
    code = text.strip().upper()
    if code and code not in COUNTRIES:
        raise InvalidProfileField(
            "ships_from",
            "use the country's two letters, such as MT",
            suggestion=meant_country(text),
        )
    return code


def normal_ships_from_place(text: str) -> str:
    """One line of up to 120 characters: town or region."""
    return _line("ships_from_place", text, LOCATION_LENGTH, least=0)


def normal_shipping_policy(text: str) -> str:
    """Up to 4000 characters in any number of lines."""
    return _text("shipping_policy", text, POLICY_LENGTH)


def normal_returns_policy(text: str) -> str:
    """Up to 4000 characters in any number of lines."""
    return _text("returns_policy", text, POLICY_LENGTH)


def normal_holiday_note(text: str) -> str:
    """One line of up to 280 characters, for whoever finds the store on holiday."""
    return _line("holiday_note", text, HOLIDAY_NOTE_LENGTH, least=0)


def normal_profile_image(text: str) -> str:
    """What a picture is called."""
    return _image("profile_image", text)


def normal_cover_image(text: str) -> str:
    """What a picture is called."""
    return _image("cover_image", text)


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
    "shipping_policy": normal_shipping_policy,
    "returns_policy": normal_returns_policy,
    "ships_from": normal_ships_from,
    "ships_from_place": normal_ships_from_place,
    "holiday_note": normal_holiday_note,
    "profile_image": normal_profile_image,
    "cover_image": normal_cover_image,
}
_REQUIRED = frozenset({"name", "handle", "payout_wallet", "on_holiday"})


def normal(field: str, value: Value) -> Value:
    """The value of a field in its normal form; `None` for one that is optional and empty. Raises
    `InvalidProfileField`."""
    if value is None and field in _REQUIRED:
        raise InvalidProfileField(field, f"{field} cannot be removed, only changed")
    return (_RULES[field](value) or None) if isinstance(value, str) else value


def slug(text: str) -> str | None:
    """A handle made of what may be a name; `None` when too little of it is left or it is
    reserved."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    found = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:32].strip("-")
    return found if len(found) >= 3 and found not in RESERVED_HANDLES else None


def handles_near(handle: str) -> tuple[str, ...]:
    """What a store may be called whose first choice is taken, the best first."""
    stem = handle[:26].rstrip("-")
    return tuple(f"{stem}-{end}" for end in ("shop", *map(str, range(2, 10))))


def _image(field: str, text: str) -> str:
    try:
        return parse_cid(text.strip()) if text.strip() else ""
    except MalformedCid as error:
        raise InvalidProfileField(field, error.detail) from error


def _line(field: str, text: str, most: int, *, least: int) -> str:
    line = one_line(text)
    if not least <= len(line) <= most or "\n" in line:
        raise InvalidProfileField(field, f"use one line of at most {most} characters")
    return _readable(field, line)


def _user_name(field: str, pattern: re.Pattern[str], text: str, rule: str) -> str:
    name = text.strip().removeprefix("@")
    if name and pattern.fullmatch(name) is None:
        bare = _AROUND_NAME.sub("", name).split("?")[0].strip("/@")
        fits = bare != name and pattern.fullmatch(bare) is not None
        raise InvalidProfileField(field, rule, suggestion=bare if fits else None)
    return name


def _text(field: str, text: str, most: int) -> str:
    lines = many_lines(text)
    if len(lines) > most:
        raise InvalidProfileField(field, f"use at most {most} characters")
    return _readable(field, lines)


def _readable(field: str, text: str) -> str:
    unreadable = find_unreadable(text)
    if unreadable is not None:
        raise InvalidProfileField(
            field, f"take out the character {unreadable}, which nobody who reads this could see"
        )
    return text


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
