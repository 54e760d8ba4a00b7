"""What was laid down about an order: `/api/orders/{id}/evidence` and `/terms/sealed`."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.ids import require_id
from souk.core.web import INVALID, UNAUTHENTICATED, Caller, IdempotencyKey, Section, once, provided
from souk.modules.evidence.schemas import (
    CID,
    EvidenceIn,
    EvidenceListOut,
    EvidenceOut,
    OpenEvidenceOut,
    SealedTermsListOut,
    render_evidence,
)
from souk.modules.evidence.service import HandingOut, Pictures
from souk.modules.media.domain import MediaType

router = Section(prefix="/api/orders", tags=["orders"])

OrderId = Annotated[str, Path(description="The order's id.", max_length=64)]
EvidenceId = Annotated[str, Path(description="The id of a piece of evidence.", max_length=64)]

_PicturesDep = Annotated[Pictures, Depends(provided(Pictures))]
_HIDDEN = {"description": "No such order among the caller's, or no such evidence about it"}
_BYTES = {str(one): {"schema": {"type": "string", "format": "binary"}} for one in MediaType}
# As a picture that anybody may see is served, but that no cache and no other page gets it.
_SERVED = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Disposition": "inline",
}


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


@router.post(
    "/{order_id}/evidence",
    summary="Lay down a picture as evidence",
    status_code=201,
    response_model=EvidenceOut,
    responses={
        401: UNAUTHENTICATED,
        403: {"description": "Your role in the store does not go so far"},
        404: _HIDDEN,
        409: {"description": "The order was never paid, or you have laid down as much as you may"},
        422: INVALID,
    },
)
def attach_evidence(
    order_id: OrderId,
    body: EvidenceIn,
    request: Request,
    caller: Caller,
    pictures: _PicturesDep,
    key: IdempotencyKey = None,
) -> Response:
    """For the order's two parties. The picture was uploaded with the purpose `evidence`; from now
    on both parties can read it, and whoever rules on a dispute while that lasts. It cannot be taken
    back. A party may lay down ten pictures about an order, and 32 MiB in all."""
    order_id = require_id("ord", order_id)
    return once(
        request,
        caller=caller,
        key=key,
        body=body,
        status=201,
        render=render_evidence,
        act=lambda receipt: pictures.attach(caller, order_id, body.ipfs_hash, receipt),
    )


@router.get(
    "/{order_id}/evidence",
    summary="What the parties have laid down",
    response_model=EvidenceListOut,
    responses={401: UNAUTHENTICATED, 404: _HIDDEN},
    dependencies=[Depends(never_kept)],
)
def list_evidence(order_id: OrderId, caller: Caller, pictures: _PicturesDep) -> EvidenceListOut:
    """All of both parties, for them and for whoever rules on the order's dispute while that
    lasts."""
    return EvidenceListOut.of(pictures.list_evidence(caller, require_id("ord", order_id)))


@router.get(
    "/{order_id}/evidence/{evidence_id}",
    summary="One piece of evidence, with its keys",
    response_model=OpenEvidenceOut,
    responses={401: UNAUTHENTICATED, 404: _HIDDEN},
    dependencies=[Depends(never_kept)],
)
def get_evidence(
    order_id: OrderId, evidence_id: EvidenceId, caller: Caller, pictures: _PicturesDep
) -> OpenEvidenceOut:
    """Its files, where each is read in clear, what opens it where others keep it, and who has read
    it. That the caller has is noted."""
    found = pictures.open(caller, require_id("ord", order_id), require_id("evd", evidence_id))
    return OpenEvidenceOut.opened(found)


@router.get(
    "/{order_id}/evidence/{evidence_id}/files/{cid}",
    summary="A file of a piece of evidence",
    response_class=Response,
    responses={
        200: {"description": "The file in clear", "content": _BYTES},
        401: UNAUTHENTICATED,
        404: _HIDDEN,
        422: {"description": "This is no CID of a file"},
        503: {"description": "The file cannot be read or opened now"},
    },
)
def read_evidence_file(
    order_id: OrderId,
    evidence_id: EvidenceId,
    cid: Annotated[str, Path(max_length=100, description="The file's CID.", examples=[CID])],
    caller: Caller,
    pictures: _PicturesDep,
) -> Response:
    """The picture itself, for whoever may see it. That the caller has read it is noted."""
    found = pictures.read(caller, require_id("ord", order_id), require_id("evd", evidence_id), cid)
    return Response(found.content, headers=_SERVED, media_type=found.file.media_type)
