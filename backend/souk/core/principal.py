"""Who calls: filled by the HTTP entrypoint, read by every use case that needs to know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from souk.core.errors import ForbiddenError


class Role(StrEnum):
    """What an account is, beyond somebody with things of its own."""

    BUYER = "buyer"
    SELLER = "seller"
    ARBITER = "arbiter"
    SUPPORT = "support"
    ADMIN = "admin"


class Permission(StrEnum):
    """What not everybody may do."""

    SEE_EVERYBODYS_ROWS = "see_everybodys_rows"
    RULE_ON_DISPUTES = "rule_on_disputes"
    GRANT_ROLES = "grant_roles"


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.BUYER: frozenset(),
    Role.SELLER: frozenset(),
    Role.ARBITER: frozenset({Permission.RULE_ON_DISPUTES}),
    Role.SUPPORT: frozenset({Permission.SEE_EVERYBODYS_ROWS}),
    Role.ADMIN: frozenset({Permission.SEE_EVERYBODYS_ROWS, Permission.GRANT_ROLES}),
}
"""What each role may do. What is one's own needs no role: only its owner is asked for."""


class Scope(StrEnum):
    """What an API key may do: a group of the API's routes, by its tag, and whether only to look.
    What no scope names, no key may do."""

    CARTS_READ = "carts:read"
    CARTS_WRITE = "carts:write"
    CATALOGUE_READ = "catalogue:read"
    CATALOGUE_WRITE = "catalogue:write"
    IMAGES_READ = "images:read"
    IMAGES_WRITE = "images:write"
    ORDERS_READ = "orders:read"
    ORDERS_WRITE = "orders:write"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    SELLERS_READ = "sellers:read"
    SELLERS_WRITE = "sellers:write"
    WEBHOOKS_READ = "webhooks:read"
    WEBHOOKS_WRITE = "webhooks:write"


def find_scope(tag: str, method: str) -> Scope | None:
    """What a key needs for a route with this tag; `None` when none will do."""
    name = f"{tag}:{'read' if method in ('GET', 'HEAD') else 'write'}"
    return Scope(name) if name in Scope._value2member_map_ else None


class NotYours(ForbiddenError):
    """The object belongs to somebody else."""

    code = "not_yours"


class KeyLacksScope(ForbiddenError):
    """An API key may do only what its scopes say, and never what concerns keys, sessions and
    wallets."""

    code = "key_lacks_scope"


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in caller. `wallets` are the addresses (EIP-55) that this account has proved by
    signature; `step_up_at` is when the last one was proved. A program has `scopes`, and its key's
    id for a session's; a person has none and may do everything that the account may."""

    account_id: str
    session_id: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    wallets: tuple[str, ...] = ()
    step_up_at: datetime | None = None
    scopes: frozenset[Scope] | None = None

    def may(self, permission: Permission) -> bool:
        """Whether one of the caller's roles has this permission."""
        return any(permission in PERMISSIONS[role] for role in self.roles)

    @property
    def is_staff(self) -> bool:
        """Whether this caller may see other people's rows."""
        return self.may(Permission.SEE_EVERYBODYS_ROWS)

    def require_scope(self, needed: Scope | None) -> None:
        """Return if a person calls, or a program whose key has the scope. Raises
        `KeyLacksScope`."""
        if self.scopes is None or needed in self.scopes:
            return
        raise KeyLacksScope(
            "no API key may do this; sign in"
            if needed is None
            else f"this key lacks the scope {needed}; make one that has it",
            context={"scope": needed},
        )
