"""Whom names are lost to, told."""

from datetime import datetime

from souk.core.events import Event, Origin, Reader
from souk.modules.names.domain import EnsName, Fault, Notice
from souk.modules.names.events import EnsNameLost
from souk.modules.names.service import Notices


def readers(notices: Notices) -> list[tuple[type[Event], list[Reader]]]:
    """Sellers are written to about a name that they have lost."""

    def write_to_seller(event: Event, origin: Origin) -> None:
        assert isinstance(event, EnsNameLost)  # noqa: S101 - the only one that it is read for
        notices.note(_notice(event), origin)

    return [(EnsNameLost, [write_to_seller])]


def _notice(event: EnsNameLost) -> Notice:
    until = event.payout_frozen_until
    return Notice(
        seller_id=event.seller_id,
        account_id=event.account_id,
        name=EnsName(event.ens_name),
        reason=Fault(event.reason),
        payout_frozen_until=None if until is None else datetime.fromisoformat(until),
    )
