"""The books, open to everybody."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from souk.core.db import Reads
from souk.core.web import cacheable, provided
from souk.modules.books import queries
from souk.modules.books.schemas import BooksOut

router = APIRouter(prefix="/api/books", tags=["books"])

_FRESH_SECONDS = 60


@router.get("", summary="Whether the books balance", response_model=BooksOut)
async def read_books(
    request: Request, reads: Annotated[Reads, Depends(provided(Reads))]
) -> Response:
    """What came in of each asset and where it went, whether every rule of money held when that was
    last looked at, as of which block of each chain, and up to where each rail was compared with
    the books. They are looked at every hour; asking makes nobody count."""
    page = await queries.books(reads)
    return cacheable(request, page, max_age_seconds=_FRESH_SECONDS, shared=True)
