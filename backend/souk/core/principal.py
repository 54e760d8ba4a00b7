"""Who calls: filled by the HTTP entrypoint, read by every use case that needs to know."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from souk.core.errors import ForbiddenError


class Role(StrEnum):
    """What an account may do beyond its own things."""

    BUYER = "buyer"
    SELLER = "seller"
    ARBITER = "arbiter"
    SUPPORT = "support"
    ADMIN = "admin"


class NotYours(ForbiddenError):
    """The object belongs to somebody else."""

    code = "not_yours"


@dataclass(frozen=True, slots=True)
class Principal:
    """The signed-in caller. `wallets` are the addresses (EIP-55) that this account has proved by
    signature; `step_up_at` is when the last one was proved."""

    account_id: str
    session_id: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    wallets: tuple[str, ...] = ()
    step_up_at: datetime | None = None

    @property
    def is_staff(self) -> bool:
        """Whether this caller may see other people's rows."""
        return bool(self.roles & {Role.SUPPORT, Role.ADMIN})
