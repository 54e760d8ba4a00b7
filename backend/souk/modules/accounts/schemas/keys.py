"""Requests and responses about API keys."""

from typing import Annotated

from pydantic import Field, StrictInt

from souk.core.principal import Scope
from souk.core.web import InstantOut, RequestModel, ResponseModel
from souk.modules.accounts.domain.keys import MAX_DAYS

_ID = "key_01h455vb4pex5vsknk084sn02q"


class KeyCreate(RequestModel):
    """What a program is to be allowed."""

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=80,
            pattern=r"^\S(.*\S)?$",
            description="What the key is for.",
            examples=["Stock-keeping program"],
        ),
    ]
    scopes: Annotated[
        list[Scope],
        Field(
            min_length=1,
            max_length=len(Scope),
            examples=[[Scope.CATALOGUE_READ, Scope.CATALOGUE_WRITE]],
        ),
    ]
    expires_in_days: Annotated[
        StrictInt | None,
        Field(ge=1, le=MAX_DAYS, description="Never when it is `null`.", examples=[90]),
    ] = None


class KeyOut(ResponseModel):
    """One key. `prefix` is how it begins; the rest is known to whoever made it."""

    id: Annotated[str, Field(examples=[_ID])]
    name: str
    prefix: Annotated[str, Field(examples=["souk_k3n8x2pd"])]
    scopes: list[Scope]
    created_at: InstantOut
    expires_at: InstantOut | None
    last_used_at: Annotated[InstantOut | None, Field(description="To the minute.")]


class KeyRevealed(KeyOut):
    """A new key. `secret` is what to send as `Authorization: Bearer`; it is shown this once, and
    `null` when the request is repeated."""

    secret: str | None


class KeyList(ResponseModel):
    """The keys that are not revoked."""

    data: list[KeyOut]
