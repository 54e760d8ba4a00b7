"""What can go wrong with a seller's profile.

NotFoundError
+-- SellerNotFound         no seller has this id or handle
RejectedError
+-- InvalidProfileField    a field breaks its rule; the detail says how to correct it
+-- PayoutWalletNotProved  the payout wallet has not signed in to this account
+-- PayoutWalletOnOneChain the payout wallet is a contract, and money may come on other chains
ConflictError
+-- SellerExists           this account has a store already
+-- HandleTaken            another store has this handle
+-- StaleVersion           the profile was changed since it was read
+-- PayoutWalletInUse      the store is paid to the wallet that is to be removed
"""

from souk.core.errors import ConflictError, NotFoundError, RejectedError


class SellerNotFound(NotFoundError):
    """No seller has this id or handle."""

    code = "seller_not_found"


class InvalidProfileField(RejectedError, ValueError):
    """A field breaks its rule. Also a `ValueError`, so that a schema reports it by field."""

    code = "invalid_profile"

    def __init__(self, field: str, correction: str) -> None:
        super().__init__(correction, context={"pointer": f"/{field}"})


class PayoutWalletNotProved(RejectedError):
    """Money must not go to a wallet that this account has never signed with."""

    code = "payout_wallet_not_proved"


class PayoutWalletOnOneChain(RejectedError):
    """The payout wallet is a contract that was proved on one chain, and buyers may pay on others,
    where what stands at its address may be somebody else's, or nothing."""

    code = "payout_wallet_on_one_chain"


class SellerExists(ConflictError):
    """This account has a store already."""

    code = "seller_exists"


class HandleTaken(ConflictError):
    """Another store has this handle."""

    code = "handle_taken"


class PayoutWalletInUse(ConflictError):
    """The store is paid to the wallet that is to be removed."""

    code = "payout_wallet_in_use"


class StaleVersion(ConflictError):
    """The profile was changed since it was read; `context` holds its present version."""

    code = "stale_version"

    def __init__(self, version: int) -> None:
        super().__init__(
            "the profile was changed meanwhile; read it again and repeat the edit",
            context={"version": version},
        )
