"""What comparing works with."""

from dataclasses import dataclass
from datetime import datetime

from souk.core.unit_of_work import UnitOfWork
from souk.modules.books.domain import Position
from souk.modules.books.ports import RailStatement
from souk.modules.ledger.service import Ledger
from souk.modules.orders.service import Orders
from souk.modules.payments.service import Payments


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The services below."""

    uow: UnitOfWork
    orders: Orders
    ledger: Ledger
    payments: Payments


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One comparison of one rail: `begun_at` by our clock."""

    rail: RailStatement
    position: Position
    begun_at: datetime
