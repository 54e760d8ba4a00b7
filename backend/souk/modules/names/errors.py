"""What can go wrong with a name of ENS.

RejectedError
+-- NameRefused              the text is no name by ENSIP-15; the detail says why
ConflictError
+-- NameUnfit                the name cannot be shown at a store as it stands on the chain
+-- NameOfAnother            another store showed itself under this name at the same moment
+-- StoreNeeded              this account has no store to show a name at
NotFoundError
+-- AvatarMissing            the name has no avatar, or is not held
+-- AvatarRefused            it has one that is not shown; the detail says why
LimitedError
+-- TooManyLookups           this client address looked too many names up
UnavailableError
+-- NamesNotServed           this installation knows no chain with ENS
+-- AvatarUnreachable        where the avatar lies nobody answers at present
"""

from souk.core.errors import (
    ConflictError,
    LimitedError,
    NotFoundError,
    RejectedError,
    UnavailableError,
)


class NameRefused(RejectedError):
    """The text is no name by ENSIP-15, or longer than is looked up here. `context` has the code of
    the reason and, where there is one, a `suggestion`."""

    code = "ens_name_refused"


class NameUnfit(ConflictError):
    """The name cannot be shown at a store as it stands on the chain; `context` says why."""

    code = "ens_name_unfit"


class NameOfAnother(ConflictError):
    """Another store was given this name at the same moment. Only one of them can own the wallet:
    ask again."""

    code = "ens_name_of_another"


class StoreNeeded(ConflictError):
    """A name is shown at a store, and this account has none. Open one first."""

    code = "ens_store_needed"


class AvatarMissing(NotFoundError):
    """The name has no avatar, or nobody holds the name."""

    code = "ens_avatar_missing"


class AvatarRefused(NotFoundError):
    """The name has an avatar that is not shown; `context` has the reason."""

    code = "ens_avatar_refused"


class AvatarUnreachable(UnavailableError):
    """Where the name's avatar lies nobody answers at present."""

    code = "ens_avatar_unreachable"


class TooManyLookups(LimitedError):
    """This client address looked too many names up."""

    code = "too_many_ens_lookups"


class NamesNotServed(UnavailableError):
    """This installation knows no chain with ENS, so that nothing can be looked up."""

    code = "ens_not_served"
    retryable = False
