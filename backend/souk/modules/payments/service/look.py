"""Looking at legs from outside, for those who compare them with something else."""

from collections.abc import Iterable

from souk.core.unit_of_work import Transaction
from souk.modules.payments.domain import Leg
from souk.modules.payments.repository import legs as leg_rows


class Looking:
    """Reads inside the caller's transaction."""

    def legs(self, tx: Transaction, leg_ids: Iterable[str]) -> dict[str, Leg]:
        """Those legs of these that there are, by id."""
        return leg_rows.list_by_id(tx, leg_ids)
