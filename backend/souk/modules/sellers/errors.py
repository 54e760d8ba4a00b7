"""What can go wrong with a seller's profile.

NotFoundError
+-- SellerNotFound         no seller has this id or handle
+-- MemberNotFound         nobody of this id is in the team, or invited
+-- InvitationNotFound     no such invitation is open for the caller
RejectedError
+-- InvalidProfileField    a field breaks its rule; the detail says how to correct it
+-- PayoutWalletNotProved  the payout wallet has not signed in to this account
+-- PayoutWalletOnOneChain the payout wallet is a contract, and money may come on other chains
+-- PayoutWalletNotHere    an order cannot be paid to the wallet on this chain
ConflictError
+-- SellerExists           this account has a store already
+-- HandleTaken            another store has this handle
+-- PayoutWalletInUse      the store is paid to the wallet that is to be removed
+-- StandingConflict       the store's standing does not lead to the one asked for
+-- MemberExists           this wallet or account is in the team, or invited, already
+-- PayoutsCoolingOff      a store that has lost its name cannot change yet where its money goes
+-- SellerLimitReached     an order is larger than a seller whom nobody has checked may take
ForbiddenError
+-- RoleTooSmall           the caller is in the store's team, in a role that may not do this
+-- PayoutsFrozen          a suspended store cannot change where its money goes
+-- VerificationRequired   it must be known who the seller is before money is paid out
StaleError
+-- StaleVersion           the profile was changed since it was read
"""

from collections.abc import Sequence
from datetime import datetime

from souk.core.clock import rfc3339
from souk.core.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    RejectedError,
    StaleError,
)


class SellerNotFound(NotFoundError):
    """No seller has this id or handle."""

    code = "seller_not_found"


class InvalidProfileField(RejectedError, ValueError):
    """A field breaks its rule. Also a `ValueError`, so that a schema reports it by field."""

    code = "invalid_profile"

    def __init__(self, field: str, correction: str, *, suggestion: str | None = None) -> None:
        context = {"pointer": f"/{field}"}
        if suggestion is not None:
            correction, context["suggestion"] = f"{correction}: '{suggestion}'?", suggestion
        super().__init__(correction, context=context)


class PayoutWalletNotProved(RejectedError):
    """Money must not go to a wallet that this account has never signed with."""

    code = "payout_wallet_not_proved"


class PayoutWalletOnOneChain(RejectedError):
    """The payout wallet is a contract that was proved on one chain, and buyers may pay on others,
    where what stands at its address may be somebody else's, or nothing.

    Name it in `payout_wallets` for its own chain.
    """

    code = "payout_wallet_on_one_chain"


class PayoutWalletNotHere(RejectedError):
    """The wallet to which a seller's order is paid is not known to be theirs on this chain: it is a
    contract that was proved on another one, or theirs no more.

    The seller names one for this chain in `payout_wallets`, for orders from then on.
    """

    code = "payout_wallet_not_here"


class SellerExists(ConflictError):
    """This account has a store already."""

    code = "seller_exists"


class HandleTaken(ConflictError):
    """Another store has this handle."""

    code = "handle_taken"

    def __init__(self, handle: str, *, suggestion: str | None) -> None:
        context = {"pointer": "/handle"}
        if suggestion is not None:
            context["suggestion"] = suggestion
        super().__init__(f"the handle '{handle}' is taken; choose another", context=context)


class PayoutWalletInUse(ConflictError):
    """The store is paid to the wallet that is to be removed."""

    code = "payout_wallet_in_use"


class StaleVersion(StaleError):
    """The profile was changed since it was read; `context` holds its present version."""

    code = "stale_version"

    def __init__(self, version: int) -> None:
        super().__init__(
            "the profile was changed meanwhile; read it again and repeat the edit",
            context={"version": version},
        )


class StandingConflict(ConflictError):
    """The store's standing does not lead to the one asked for; `allowed` is what the caller may
    ask for instead."""

    code = "seller_standing_conflict"

    def __init__(self, standing: str, allowed: Sequence[str]) -> None:
        super().__init__(
            f"a store that is {standing} does not allow this",
            context={"standing": standing, "allowed": list(allowed)},
        )


class SellerLimitReached(ConflictError):
    """An order is larger than a seller whom nobody has checked may take.

    Buy less at once, or wait until the store is verified.
    """

    code = "seller_limit_reached"

    def __init__(self, seller_id: str, *, limit: int, wanted: int) -> None:
        super().__init__(
            "this store is not verified yet and takes smaller orders only",
            context={"seller_id": seller_id, "limit": str(limit), "wanted": str(wanted)},
        )


class PayoutsFrozen(ForbiddenError):
    """A suspended store cannot change where its money goes."""

    code = "payouts_frozen"

    def __init__(self, field: str = "payout_wallet") -> None:
        super().__init__(
            "this store is suspended: where its money goes stays as it is; ask support",
            context={"pointer": f"/{field}"},
        )


class PayoutsCoolingOff(ConflictError):
    """A store that has lost its name cannot change where its money goes before `frozen_until`.

    Whoever holds the name now may hold more than that. Wait until then, or ask support.
    """

    code = "payouts_cooling_off"

    def __init__(self, until: datetime) -> None:
        frozen_until = rfc3339(until)
        super().__init__(
            "this store has lost a name that it was trusted for: where its money goes stays as it"
            f" is until {frozen_until}",
            context={"pointer": "/payout_wallet", "frozen_until": frozen_until},
        )


class VerificationRequired(ForbiddenError):
    """It must be known who the seller is before money is paid out.

    Ask for verification (`POST /api/marketplace/sellers/{seller}/verification`).
    """

    code = "seller_verification_required"

    def __init__(self) -> None:
        super().__init__(
            "verify who you are first (POST /api/marketplace/sellers/{seller}/verification)"
        )


class MemberNotFound(NotFoundError):
    """Nobody of this id is in the team, or invited."""

    code = "team_member_not_found"


class InvitationNotFound(NotFoundError):
    """No such invitation is open for the caller: it is another's, over, or taken back.

    Sign in with the wallet that was invited, or ask the store's owner for another invitation.
    """

    code = "invitation_not_found"


class MemberExists(ConflictError):
    """This wallet or account is in the team, or invited, already."""

    code = "team_member_exists"


class RoleTooSmall(ForbiddenError):
    """The caller is in the store's team, in a role that may not do this.

    Ask the store's owner to do it, or for another role.
    """

    code = "role_too_small"

    def __init__(self, role: str, needs: str) -> None:
        super().__init__(
            f"your role in this store ({role}) may not do this",
            context={"role": role, "needs": needs},
        )
