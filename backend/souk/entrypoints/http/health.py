"""Whether this process lives, whether it can serve, and what a client must know to pay."""

import json
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import Field

from souk.core.readiness import ClientConfig, Readiness
from souk.core.web import MoneyOut, ResponseModel, Section, cacheable, json_response, provided
from souk.entrypoints.http.problems import catalogue

router = Section(tags=["operations"])


class PartOut(ResponseModel):
    """How one part is."""

    status: str
    detail: str


class ReadyOut(ResponseModel):
    """Whether all parts are well, and a line about each."""

    status: str
    parts: dict[str, PartOut]


class NativeOut(ResponseModel):
    """A chain's own coin."""

    symbol: str
    exponent: int
    slip44: int
    price_feed: str


class TokenOut(ResponseModel):
    """A token on the platform's list."""

    symbol: str
    address: str
    exponent: int
    usd_pegged: bool


class ChainOut(ResponseModel):
    """A chain that can be paid on."""

    chain_id: int
    name: str
    escrow: str
    confirmations: int
    native: NativeOut
    tokens: list[TokenOut]


class MethodRuleOut(ResponseModel):
    """A method: whether it is on, to how many accounts in a hundred it is offered, and the least
    and the most that it takes, in dollars."""

    method: str
    on: bool
    share: int
    least: MoneyOut
    most: MoneyOut | None


class EnsOut(ResponseModel):
    """Where names of ENS are read, and where their owners write them. What resolves a name is found
    by the registry."""

    chain_id: int
    registry: str
    controller: Annotated[str, Field(description="Names below `eth` are registered here.")]


class ConfigOut(ResponseModel):
    """What a client must know before it can pay, and before a seller can take a name."""

    chains: list[ChainOut]
    methods: list[MethodRuleOut]
    ens: Annotated[EnsOut | None, Field(description="`null` where no names are served.")]


class ErrorOut(ResponseModel):
    """One error code."""

    code: str
    status: int
    meaning: str
    retryable: bool


class ErrorsOut(ResponseModel):
    """Every error code."""

    data: list[ErrorOut]


@router.get("/health/live", summary="Is the process alive?")
async def live() -> dict[str, str]:
    """Answers as long as the process can; asks no other part."""
    return {"status": "ok"}


@router.get(
    "/health/ready",
    summary="Can it serve?",
    response_model=ReadyOut,
    responses={503: {"description": "A part that all need is down; the body names it"}},
)
def ready(readiness: Annotated[Readiness, Depends(provided(Readiness))]) -> Response:
    """Checks the database and its schema, Redis, and that the chains are being followed. Whether
    the card provider and the scanner for malware answer, and how many blocks are not kept by others
    yet, is said as well; it takes nothing else down."""
    well, parts = readiness.report()
    body = json.dumps({"status": "ok" if well else "degraded", "parts": parts}).encode()
    return json_response(body, status=HTTPStatus.OK if well else HTTPStatus.SERVICE_UNAVAILABLE)


@router.get(
    "/api/config",
    summary="Chains, contracts and tokens",
    response_model=ConfigOut,
)
def client_config(
    request: Request, config: Annotated[ClientConfig, Depends(provided(ClientConfig))]
) -> Response:
    """Everything a wallet front end needs to offer a payment, or a name of ENS for a store. Changes
    only with a deployment."""
    return cacheable(request, json.dumps(config.document).encode(), max_age_seconds=60)


@router.get("/api/errors", summary="Every error code", response_model=ErrorsOut)
def list_errors(request: Request) -> Response:
    """The codes that a problem document can carry, with their status and meaning."""
    return cacheable(request, json.dumps({"data": catalogue()}).encode(), max_age_seconds=60)
