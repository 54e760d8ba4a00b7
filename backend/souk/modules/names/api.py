"""Names of ENS: `/api/ens`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from souk.core.web import UNAUTHENTICATED, Caller, IdempotencyKey, once, provided
from souk.modules.names.domain import Verifying
from souk.modules.names.schemas import NameOut, SuggestionsOut, VerifyIn, VerifyOut
from souk.modules.names.service import LookupGate, Lookups, Verifications


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


@router.post(
    "/verify",
    summary="Show a name at the caller's store",
    response_model=VerifyOut,
    dependencies=[Depends(_admitted)],
    responses={
        401: UNAUTHENTICATED,
        403: {"description": "Prove first that it is you, to have a new wallet added; see `code`"},
        409: {
            "description": "There is no store, the name cannot be shown as it stands on the chain,"
            " or its wallet signs in to another account"
        },
        422: {"description": "The text is no name, or the signature proves nothing; see `code`"},
        429: _LIMITED,
        503: _AWAY,
    },
)
def verify(
    request: Request,
    body: VerifyIn,
    caller: Caller,
    verifications: Annotated[Verifications, Depends(provided(Verifications))],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Shows a name at the caller's store when it stands for a wallet that the account has proved:
    at once, if it has. Otherwise the answer is a message; sign it with that wallet and send it with
    the signature, under another key. The wallet then signs in to the account, too. Names are looked
    at again every day and lost when they have expired or stand for another wallet."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=200,
        render=_render,
        act=lambda receipt: verifications.verify(caller, body.ens_name, body.proof, receipt),
    )


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


def _render(outcome: object) -> dict[str, object]:
    assert isinstance(outcome, Verifying)  # noqa: S101 - what `verify` returns
    return VerifyOut.of(outcome).model_dump(mode="json")
