"""Use cases of the catalogue: what sellers do with listings, and what orders do with stock."""

from souk.modules.catalog.service.listings import Listings
from souk.modules.catalog.service.stock import Stock


class Catalog(Listings, Stock):
    """Listings of sellers, and the stock that orders take from them."""


__all__ = ["Catalog"]
