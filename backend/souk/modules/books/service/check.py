"""Whether the books balance, looked at every hour: a rule that does not hold is shouted, and what
was found is kept for everybody to read."""

import logging
from datetime import timedelta

from souk.core.errors import UnavailableError
from souk.core.money import Asset
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.books.domain import FollowedTo
from souk.modules.books.repository import checks as check_rows
from souk.modules.chain.service import Chains
from souk.modules.ledger.domain import AssetTotals, Break
from souk.modules.ledger.service import Ledger
from souk.modules.payments.service import Payments

_log = logging.getLogger(__name__)

PATIENCE = timedelta(minutes=10)
ON_ITS_WAY = timedelta(minutes=2)
"""So long a fact may take from the chain's record into the books."""


class Books:
    """The standing check of the rules of money."""

    def __init__(
        self,
        uow: UnitOfWork,
        ledger: Ledger,
        payments: Payments,
        chains: Chains,
        *,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._uow = uow
        self._ledger = ledger
        self._payments = payments
        self._chains = chains
        self._patience = patience

    def check(self) -> list[Break]:
        """Every rule that does not hold now; each is logged as an error, and so is a check that
        could not be made: books that nobody has looked at are not in order.

        Beside the ledger's own rules: an order completes at most once and stands where its history
        ends; what legs say follows from their facts and equals the books; every fact of the chain
        is counted, once, and nothing else is; what the chain's record shows follows from its logs.
        """
        try:
            with self._uow.begin() as tx:
                breaks = self._ledger.check_books(tx, self._patience)
                breaks += check_rows.list_breaks(tx, tx.now - ON_ITS_WAY)
                check_rows.add(tx, self._totals(tx), breaks, self._followed(tx))
                tx.commit()
        except UnavailableError as failure:
            _log.error("books: not checked: %s", failure)
            raise
        for found in breaks:
            _log.error(
                "books: %s does not hold for %s: %s", found.rule, found.subject, found.detail
            )
        return breaks

    def _totals(self, tx: Transaction) -> list[tuple[AssetTotals, Asset]]:
        """The totals with their assets, which the legs know that hold them."""
        totals = self._ledger.totals(tx)
        legs = self._payments.legs(tx, [total.holder for total in totals])
        known = {leg.asset.code: leg.asset for leg in legs.values()}
        return [
            (total, known.get(total.asset, Asset(total.asset, 0, total.asset))) for total in totals
        ]

    def _followed(self, tx: Transaction) -> list[FollowedTo]:
        heads = (
            (chain_id, self._chains.policy_head(tx, chain_id)) for chain_id in self._chains.ids
        )
        return [
            FollowedTo(f"eip155:{chain_id}", head.number, head.hash, head.at)
            for chain_id, head in heads
            if head is not None
        ]
