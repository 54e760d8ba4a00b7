"""Names of ENS: `/api/ens`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request

from souk.core.web import provided
from souk.modules.names.schemas import NameOut, SuggestionsOut
from souk.modules.names.service import LookupGate, Lookups


def _admitted(request: Request, gate: Annotated[LookupGate, Depends(provided(LookupGate))]) -> None:
    """What anybody may ask of a chain is counted by network address before it is asked."""
    gate.admit(request.client.host if request.client else "unknown")


router = APIRouter(prefix="/api/ens", tags=["names"])
_Lookups = Annotated[Lookups, Depends(provided(Lookups))]
_NOWHERE = {"description": "The path ends before the name"}
_LIMITED = {"description": "Too many lookups from this address"}
_AWAY = {"description": "The chain cannot be asked at present; `retryable` says whether to return"}


@router.get(
    "/validate/{ens_name}",
    summary="Is this a name, and whose?",
    dependencies=[Depends(_admitted)],
    responses={404: _NOWHERE, 429: _LIMITED},
)
def validate(
    ens_name: Annotated[
        str,
        Path(min_length=1, max_length=1024, description="Any text.", examples=["FigAndOlive.eth"]),
    ],
    lookups: _Lookups,
) -> NameOut:
    """The normal form of a name (ENSIP-15), or the reason why the text is none and a correction;
    whom it stands for, who holds it and until when; what its owner says, unverified; and warnings,
    also when it can be taken for a known store's. When the chain cannot be asked, `unavailable`
    says so and the rest is answered all the same."""
    return NameOut.of(lookups.examine(ens_name))


@router.get(
    "/suggestions/{base_name}",
    summary="Names that may be had",
    dependencies=[Depends(_admitted)],
    responses={
        404: _NOWHERE,
        422: {"description": "The base name is none; `suggestion` is one that was meant"},
        429: _LIMITED,
        503: _AWAY,
    },
)
def suggestions(
    base_name: Annotated[
        str,
        Path(min_length=1, max_length=256, description="A wish, with or without `.eth`."),
    ],
    lookups: _Lookups,
) -> SuggestionsOut:
    """Names below `eth` near the wish that nobody holds, with the registrar's price. All are looked
    at in one call to the chain."""
    return SuggestionsOut.of(lookups.suggest(base_name))
