"""The books, open to everybody, and the gauges, which are for operators."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request, Response

from souk.core.clock import Clock
from souk.core.db import Reads
from souk.core.metrics import Readings
from souk.core.web import Section, cacheable, provided
from souk.modules.books import queries
from souk.modules.books.domain import BreakClass
from souk.modules.books.schemas import BooksOut
from souk.modules.orders.domain import HoldKind
from souk.modules.payments.domain import OPEN, AttemptStatus

router = Section(prefix="/api/books", tags=["books"])

_FRESH_SECONDS = 60


@router.get("", summary="Whether the books balance", response_model=BooksOut)
async def read_books(
    request: Request,
    reads: Annotated[Reads, Depends(provided(Reads))],
    clock: Annotated[Clock, Depends(provided(Clock))],
) -> Response:
    """What came in of each asset and where it went, whether every rule of money held when that was
    last looked at, as of which block of each chain, up to where each rail was compared with the
    books, and what differs there still. They are looked at every hour; asking makes nobody count.
    """
    page = await queries.books(reads, clock.now(), missing=BreakClass.MONEY_MISSING)
    return cacheable(request, page, max_age_seconds=_FRESH_SECONDS, shared=True)


class Gauges(Readings):
    """How the books, the queues, the chains and the payments are, in numbers."""

    meanings: Mapping[str, str] = {
        "souk_books_check_age_seconds": "Since the books were last looked at; none before",
        "souk_books_breaks": "Breaks that the last look at the books found, by rule",
        "souk_books_broken": "Whether it found any",
        "souk_reconciliation_age_seconds": "Since the last finished comparison of a rail began",
        "souk_reconciliation_breaks": "Open differences between the rails and us, by class",
        "souk_outbox_waiting": "Facts that were not delivered yet, counted up to 100000",
        "souk_outbox_oldest_seconds": "How long the oldest of them has waited",
        "souk_inbox_waiting": "Messages that were not handled yet, counted up to 100000",
        "souk_inbox_oldest_seconds": "How long the oldest of them has waited",
        "souk_chain_silence_seconds": "Since the watcher last took in or undid a block",
        "souk_chain_head_age_seconds": "Since the newest block that was taken in, by its own time",
        "souk_chain_head_block": "The number of that block",
        "souk_chain_endpoint_score": "How far an endpoint is trusted: 100 is wholly, 0 not at all",
        "souk_chain_endpoint_block": "The newest block that it had when it was looked at",
        "souk_chain_endpoint_look_age_seconds": "Since it was looked at",
        "souk_payment_attempts": "Attempts to pay, by status; over ones are counted for a day",
        "souk_order_holds": "Open holds on orders, by kind",
        "souk_media_pins_waiting": "Blocks that a target was not asked for yet, up to 100000",
        "souk_media_pins_failing": "Blocks that a target did not keep at the last look, likewise",
        "souk_media_pins_oldest_seconds": "How long the oldest of them has waited",
        "souk_media_quarantined": "Targets and gateways that gave other bytes than they should",
    }

    def __init__(self, reads: Reads, clock: Clock, *, kept_seconds: float = 5) -> None:
        async def read() -> bytes:
            return await queries.gauges(
                reads,
                clock.now(),
                statuses=list(AttemptStatus),
                under_way=sorted(OPEN),
                holds=list(HoldKind),
                classes=list(BreakClass),
            )

        super().__init__(read, kept_seconds=kept_seconds)
