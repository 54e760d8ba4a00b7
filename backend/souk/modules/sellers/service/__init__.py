"""Use cases of stores: what they say about themselves, where they stand, who acts for them."""

from souk.modules.sellers.service.checks import INBOX_SOURCE, BegunVerification, Checks
from souk.modules.sellers.service.stores import Stores
from souk.modules.sellers.service.teams import Teams


class Sellers(Stores, Checks, Teams):
    """Stores: one an account, under a handle of its own."""


__all__ = ["INBOX_SOURCE", "BegunVerification", "Sellers"]
