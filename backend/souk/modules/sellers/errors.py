"""What can go wrong with a seller's profile.

NotFoundError
+-- SellerNotFound         no seller has this id or handle
RejectedError
+-- InvalidProfileField    a field breaks its rule; the detail says how to correct it
+-- PayoutWalletNotProved  the payout wallet has not signed in to this account
ConflictError
+-- SellerExists           this account has a store already
+-- HandleTaken            another store has this handle
StaleError
+-- StaleVersion           the profile was changed since it was read
"""

from souk.core.errors import ConflictError, NotFoundError, RejectedError, StaleError


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


class StaleVersion(StaleError):
    """The profile was changed since it was read; `context` holds its present version."""

    code = "stale_version"

    def __init__(self, version: int) -> None:
        super().__init__(
            "the profile was changed meanwhile; read it again and repeat the edit",
            context={"version": version},
        )
