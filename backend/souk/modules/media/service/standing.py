"""How pictures stand."""

from souk.core.unit_of_work import UnitOfWork
from souk.modules.media.domain import PinCounts, Standing
from souk.modules.media.repository import liars, standing


class Overview:
    """For whoever runs the installation."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def look(self) -> Standing:
        """At one moment."""
        with self._uow.begin() as tx:
            blocks, size = standing.sum_bytes(tx)
            return Standing(
                at=tx.now,
                images=standing.count_images(tx),
                blocks=blocks,
                size=size,
                pins=standing.count_pins(tx),
                leaving=standing.count_leaving(tx),
                liars=liars.list_names(tx),
            )

    def count_not_kept(self) -> PinCounts:
        """How many blocks wait to be kept by others, and how many fail."""
        with self._uow.begin() as tx:
            return standing.count_not_kept(tx)
