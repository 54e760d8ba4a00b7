"""Keys of programs: `/api/auth/api-keys`."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.db import Reads
from souk.core.web import (
    INVALID,
    UNAUTHENTICATED,
    Caller,
    IdempotencyKey,
    Section,
    cacheable,
    once,
    provided,
)
from souk.modules.accounts import queries
from souk.modules.accounts.domain.keys import KeyRecord, RevealedKey
from souk.modules.accounts.schemas.keys import KeyCreate, KeyList, KeyOut, KeyRevealed
from souk.modules.accounts.service import ApiKeys

router = Section(prefix="/api/auth/api-keys", tags=["sign-in"])
_Service = Annotated[ApiKeys, Depends(provided(ApiKeys))]
_KeyId = Annotated[
    str,
    Path(max_length=64, description="The key's id.", examples=["key_01h455vb4pex5vsknk084sn02q"]),
]


@router.post(
    "",
    summary="Make an API key",
    status_code=201,
    response_model=KeyRevealed,
    responses={
        401: UNAUTHENTICATED,
        403: {"description": "The caller has to prove anew who they are, at `/api/auth/step-up`"},
        409: {"description": "You have too many keys"},
        422: INVALID,
    },
)
def create_key(
    request: Request,
    body: KeyCreate,
    caller: Caller,
    keys: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """A program sends it as Bearer and may do what its scopes say: never as staff, and never what
    concerns keys, sessions and wallets. The answer alone holds the secret. The caller has to have
    signed in or stepped up within five minutes."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=201,
        render=_render,
        reveal=_reveal,
        act=lambda receipt: keys.create(
            caller,
            name=body.name,
            scopes=body.scopes,
            days=body.expires_in_days,
            receipt=receipt,
        ),
    )


@router.get(
    "",
    summary="The caller's API keys",
    response_model=KeyList,
    responses={401: UNAUTHENTICATED},
)
async def list_keys(
    request: Request, caller: Caller, reads: Annotated[Reads, Depends(provided(Reads))]
) -> Response:
    """All that are not revoked, the oldest first, those that expired included."""
    return cacheable(request, await queries.keys(reads, caller.account_id) or b"")


@router.delete(
    "/{key_id}",
    summary="Revoke an API key",
    status_code=204,
    responses={401: UNAUTHENTICATED, 404: {"description": "You have no such key"}},
)
def revoke_key(key_id: _KeyId, caller: Caller, keys: _Service) -> None:
    """It is good for nothing from now on."""
    keys.revoke(caller, key_id)


def _render(key: object) -> dict[str, object]:
    assert isinstance(key, KeyRecord)  # noqa: S101 - what `create` records
    return {**KeyOut.model_validate(key).model_dump(mode="json"), "secret": None}


def _reveal(made: object) -> dict[str, object]:
    assert isinstance(made, RevealedKey)  # noqa: S101 - what `create` returns
    return {**_render(made.key), "secret": made.token}
