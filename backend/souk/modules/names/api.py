"""Names of ENS: `/api/ens`."""

import hashlib
from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.web import UNAUTHENTICATED, Caller, IdempotencyKey, Section, has_seen, once, provided
from souk.modules.names.domain import Picture, Verifying
from souk.modules.names.schemas import NameOut, SuggestionsOut, VerifyIn, VerifyOut
from souk.modules.names.service import Avatars, LookupGate, Lookups, Verifications


def _admitted(request: Request, gate: Annotated[LookupGate, Depends(provided(LookupGate))]) -> None:
    """What anybody may ask of a chain is counted by network address before it is asked."""
    gate.admit(request.client.host if request.client else "unknown")


router = Section(prefix="/api/ens", tags=["names"])
_Lookups = Annotated[Lookups, Depends(provided(Lookups))]
_NOWHERE = {"description": "The path ends before the name"}
_LIMITED = {"description": "Too many lookups from this address"}
_PICTURE_SECONDS = 300
_PICTURE_HEADERS = {
    "Cache-Control": f"public, max-age={_PICTURE_SECONDS}",
    "Content-Disposition": "inline",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
_BYTES = {"type": "string", "format": "binary"}
_PICTURE = {
    "description": "The picture",
    "content": {
        media: {"schema": _BYTES}
        for media in ("image/gif", "image/jpeg", "image/png", "image/webp")
    },
}
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
    "/avatar/{ens_name}",
    summary="What a name is shown with",
    dependencies=[Depends(_admitted)],
    response_class=Response,
    responses={
        200: _PICTURE,
        304: {"description": "The client has it"},
        404: {"description": "There is no avatar, or none that is shown; see `code` and `reason`"},
        422: {"description": "The text is no name; `suggestion` is one that was meant"},
        429: _LIMITED,
        503: {"description": "The chain, or the server of the picture, does not answer"},
    },
)
def avatar(
    request: Request,
    ens_name: Annotated[
        str, Path(min_length=1, max_length=1024, description="A name, in any spelling of it.")
    ],
    avatars: Annotated[Avatars, Depends(provided(Avatars))],
) -> Response:
    """The picture that the owner of a name has set (ENSIP-12), fetched by us and kept for some
    minutes: JPEG, PNG, WebP or GIF of at most one megabyte. A token is shown for the account that
    holds it on the chain of the name."""
    return _pictured(request, avatars.show(ens_name))


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


def _pictured(request: Request, picture: Picture) -> Response:
    etag = f'"{hashlib.sha256(picture.content).hexdigest()[:32]}"'
    headers = {**_PICTURE_HEADERS, "ETag": etag}
    if has_seen(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(picture.content, headers=headers, media_type=picture.media_type)


def _render(outcome: object) -> dict[str, object]:
    assert isinstance(outcome, Verifying)  # noqa: S101 - what `verify` returns
    return VerifyOut.of(outcome).model_dump(mode="json")
