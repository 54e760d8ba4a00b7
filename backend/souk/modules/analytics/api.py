"""Numbers about stores: `/api/marketplace/sellers/{seller}/stats`."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.db import Reads
from souk.core.web import Section, cacheable, provided
from souk.modules.analytics import queries
from souk.modules.analytics.schemas import SellerStatsOut
from souk.modules.sellers.errors import SellerNotFound

router = Section(prefix="/api/marketplace/sellers", tags=["sellers"])
_FRESH_SECONDS = 60


@router.get(
    "/{seller}/stats",
    summary="A store in numbers",
    response_model=SellerStatsOut,
    responses={404: {"description": "There is no such seller"}},
)
async def read_stats(
    request: Request,
    seller: Annotated[
        str,
        Path(
            min_length=1,
            max_length=64,
            description="The seller's id or handle.",
            examples=["fig-and-olive"],
        ),
    ],
    reads: Annotated[Reads, Depends(provided(Reads))],
) -> Response:
    """Counted from the store's orders whenever somebody asks, and kept by caches for a minute;
    nobody can write them."""
    document = await queries.seller_stats(reads, seller)
    if document is None:
        raise SellerNotFound("there is no such seller")
    return cacheable(request, document, max_age_seconds=_FRESH_SECONDS, shared=True)
