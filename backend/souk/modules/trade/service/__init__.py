"""Use cases that move order and money together, split by verb."""

from souk.modules.trade.service.cancel import Cancellations
from souk.modules.trade.service.deliver import Deliveries
from souk.modules.trade.service.expire import Expiries
from souk.modules.trade.service.keep import Keeper
from souk.modules.trade.service.parties import Parties
from souk.modules.trade.service.place import Placed, Placements
from souk.modules.trade.service.trust import Trust

__all__ = [
    "Cancellations",
    "Deliveries",
    "Expiries",
    "Keeper",
    "Parties",
    "Placed",
    "Placements",
    "Trust",
]
