"""API keys: what programs send instead of a session's token."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from souk.core.principal import Scope

MAX_KEYS = 20
"""Live ones, an account."""

MAX_DAYS = 3_650

# Small letters without those that look like another, so that a prefix can be read out.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_PREFIX_LETTERS = 8
# No session's token is that long.
_SHAPE = re.compile(rf"(?P<prefix>souk_[{_LETTERS}]{{{_PREFIX_LETTERS}}})_[A-Za-z0-9_-]{{43}}")


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What may be shown of a key. `expires_at` of `None` is never."""

    id: str
    name: str
    prefix: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class RevealedKey:
    """A new key, and what to send, which is shown this once and stored only as a hash."""

    key: KeyRecord
    token: str


def spelled(secret: str) -> str:
    """What a program sends: a visible prefix of its own, and the secret."""
    prefix = "".join(secrets.choice(_LETTERS) for _ in range(_PREFIX_LETTERS))
    return f"souk_{prefix}_{secret}"


def find_prefix(token: str) -> str | None:
    """The visible part of a key; `None` when the token is something else."""
    match = _SHAPE.fullmatch(token)
    return None if match is None else match["prefix"]
