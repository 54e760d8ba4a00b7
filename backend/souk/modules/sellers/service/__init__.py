"""Use cases of stores: what they say about themselves, where they stand, who acts for them."""

from souk.modules.sellers.service.standings import BegunVerification, Standings
from souk.modules.sellers.service.stores import Stores
from souk.modules.sellers.service.teams import Teams


class Sellers(Stores, Standings, Teams):
    """Stores: one an account, under a handle of its own."""


__all__ = ["BegunVerification", "Sellers"]
