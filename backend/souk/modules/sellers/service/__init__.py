"""Use cases of stores: what they say about themselves, and where they stand."""

from souk.modules.sellers.service.standings import BegunVerification, Standings
from souk.modules.sellers.service.stores import Stores


class Sellers(Stores, Standings):
    """Stores: one an account, under a handle of its own."""


__all__ = ["BegunVerification", "Sellers"]
