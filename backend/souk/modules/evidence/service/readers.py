"""Who may read what was laid down about an order."""

from dataclasses import dataclass

from souk.core.principal import Permission, Principal
from souk.core.unit_of_work import Transaction
from souk.modules.evidence.domain import Reader
from souk.modules.orders.domain import HoldKind
from souk.modules.sellers.domain import team
from souk.modules.trade.service import Parties


@dataclass(frozen=True, slots=True)
class Readers:
    """An order's parties, and whoever rules on disputes while one holds the order: not before, and
    not after. To anybody else the order does not exist."""

    parties: Parties

    def of(self, tx: Transaction, caller: Principal, order_id: str) -> Reader:
        """As whom the caller reads. Raises `OrderHidden`, `OrderNotFound`."""
        if self._rules(tx, caller, order_id):
            return Reader.ARBITER
        _, actor = self.parties.find(tx, caller, order_id, team.Permission.VIEW)
        return Reader(actor)

    def _rules(self, tx: Transaction, caller: Principal, order_id: str) -> bool:
        if not caller.may(Permission.RULE_ON_DISPUTES):
            return False
        return HoldKind.DISPUTE in self.parties.orders.list_holds(tx, order_id)
