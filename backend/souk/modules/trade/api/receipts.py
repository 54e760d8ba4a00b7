"""Proof of escrow: what an order's parties can show to whoever believes neither them nor us."""

import json
from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.db import Reads
from souk.core.ids import require_id
from souk.core.web import Caller, Section, cacheable, provided
from souk.modules.trade import queries
from souk.modules.trade.domain import require_receipt
from souk.modules.trade.errors import OrderHidden
from souk.modules.trade.schemas.receipts import ReceiptOut

router = Section(prefix="/api/orders", tags=["orders"])


@router.get(
    "/{order_id}/receipt",
    summary="The proof that an order's money went into escrow",
    response_model=ReceiptOut,
    responses={
        401: {"description": "Nobody is signed in"},
        404: {"description": "No such order among the caller's, or nothing was paid into escrow"},
        409: {"description": "The payment counts, but its proof is still being made"},
    },
)
async def get_receipt(
    order_id: Annotated[str, Path(description="The order's id.", max_length=64)],
    request: Request,
    caller: Caller,
    reads: Annotated[Reads, Depends(provided(Reads))],
) -> Response:
    """The terms, the contract's logs about them, and for each the block's header and the way from
    it to the transaction's receipt: enough to check without us, as `souk verify-receipt` does. For
    the order's two parties; kept for ever, whatever the nodes forget."""
    found = await queries.receipt(reads, require_id("ord", order_id), account_id=caller.account_id)
    if found is None:
        raise OrderHidden("there is no such order among yours")
    require_receipt(json.loads(found))
    return cacheable(request, found)
