"""What was laid down about an order: `/api/orders/{id}/terms/sealed`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from souk.core.ids import require_id
from souk.core.web import UNAUTHENTICATED, Caller, provided
from souk.modules.evidence.schemas import SealedTermsListOut
from souk.modules.evidence.service import HandingOut

router = APIRouter(prefix="/api/orders", tags=["orders"])

OrderId = Annotated[str, Path(description="The order's id.", max_length=64)]

_HIDDEN = {"description": "No such order among the caller's"}


def never_kept(response: Response) -> None:
    """What opens a document stays in no cache."""
    response.headers["Cache-Control"] = "no-store"


@router.get(
    "/{order_id}/terms/sealed",
    summary="The terms as others keep them, and their keys",
    response_model=SealedTermsListOut,
    responses={401: UNAUTHENTICATED, 404: _HIDDEN},
    dependencies=[Depends(never_kept)],
)
def get_sealed_terms(
    order_id: OrderId, caller: Caller, handing: Annotated[HandingOut, Depends(provided(HandingOut))]
) -> SealedTermsListOut:
    """For the order's two parties, and for whoever rules on its dispute while that lasts: each
    document in clear, and the CID and key of the copy that lies with IPFS, so that each of them can
    show what was agreed without us."""
    return SealedTermsListOut.of(handing.terms_of(caller, require_id("ord", order_id)))
