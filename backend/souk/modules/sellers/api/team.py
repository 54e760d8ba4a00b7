"""Who acts for stores: `/{seller}/team`, `/me/roles`, `/me/invitations`."""

from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.addresses import Address
from souk.core.clock import Clock
from souk.core.db import Reads
from souk.core.web import (
    INVALID,
    UNAUTHENTICATED,
    Caller,
    IdempotencyKey,
    Section,
    cacheable,
    json_response,
    once,
    provided,
)
from souk.modules.sellers import queries
from souk.modules.sellers.api.places import NOT_FOUND, PREFIX, Reference
from souk.modules.sellers.domain.team import INVITATION_DAYS, Member, TeamRole
from souk.modules.sellers.errors import SellerNotFound
from souk.modules.sellers.schemas.team import (
    InvitationIn,
    InvitationsOut,
    MemberOut,
    RoleIn,
    RolesOut,
    TeamOut,
)
from souk.modules.sellers.service import Sellers

router = Section(prefix=PREFIX, tags=["sellers"])
_Service = Annotated[Sellers, Depends(provided(Sellers))]
_Reads = Annotated[Reads, Depends(provided(Reads))]
_MemberId = Annotated[
    str,
    Path(
        max_length=64, description="The member's id.", examples=["mem_01h455vb4pex5vsknk084sn02q"]
    ),
]
_NOT_THE_OWNER = {"description": "Only the store's owner may, and no API key"}
_NO_INVITATION = {"description": "No such invitation is open for the caller"}
_NO_MEMBER = {"description": "There is no such store, or nobody of this id in its team"}


@router.get(
    "/me/roles",
    summary="The stores that the caller acts for",
    response_model=RolesOut,
    responses={401: UNAUTHENTICATED},
)
async def list_roles(request: Request, caller: Caller, reads: _Reads) -> Response:
    """The own store and those whose team the caller has joined, each with the role there."""
    return cacheable(request, await queries.roles(reads, caller.account_id) or b"")


@router.get(
    "/me/invitations",
    summary="Invitations that wait for the caller",
    response_model=InvitationsOut,
    responses={401: UNAUTHENTICATED},
)
async def list_invitations(
    request: Request,
    caller: Caller,
    reads: _Reads,
    clock: Annotated[Clock, Depends(provided(Clock))],
) -> Response:
    """To join the teams of stores; each is for a wallet that the caller has proved, and ends after
    two weeks."""
    since = clock.now() - timedelta(days=INVITATION_DAYS)
    found = await queries.invitations(reads, caller.account_id, not_before=since)
    return cacheable(request, found or b"")


@router.post(
    "/me/invitations/{member_id}/accept",
    summary="Join a store's team",
    response_model=MemberOut,
    responses={
        401: UNAUTHENTICATED,
        404: _NO_INVITATION,
        409: {"description": "The caller is in this team already, by another wallet"},
    },
)
def accept(member_id: _MemberId, caller: Caller, sellers: _Service) -> Response:
    """Accepts an invitation; harmless when the caller has."""
    return _shown(sellers.accept(caller, member_id))


@router.delete(
    "/me/invitations/{member_id}",
    summary="Decline an invitation, or leave a team",
    status_code=204,
    responses={401: UNAUTHENTICATED, 404: _NO_INVITATION},
)
def decline(member_id: _MemberId, caller: Caller, sellers: _Service) -> Response:
    """The invitation ends, and what the caller could do for the store with it."""
    sellers.decline(caller, member_id)
    return Response(status_code=204)


@router.get(
    "/{seller}/team",
    summary="Who acts for a store",
    response_model=TeamOut,
    responses={
        401: UNAUTHENTICATED,
        404: {"description": "There is no such store, or the caller does not act for it"},
    },
)
async def list_team(request: Request, seller: Reference, caller: Caller, reads: _Reads) -> Response:
    """The owner, everybody who has joined, and who is invited. The store's own people see it."""
    document = await queries.team(reads, seller, viewer=caller.account_id)
    if document is None:
        raise SellerNotFound("there is no such store among yours")
    return cacheable(request, document)


@router.post(
    "/{seller}/team",
    summary="Invite somebody into a store's team",
    status_code=201,
    response_model=MemberOut,
    responses={
        401: UNAUTHENTICATED,
        403: _NOT_THE_OWNER,
        404: NOT_FOUND,
        409: {"description": "This wallet is in the team, or invited, already"},
        422: INVALID,
    },
)
def invite(
    request: Request,
    seller: Reference,
    body: InvitationIn,
    caller: Caller,
    sellers: _Service,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Whoever signs in with the wallet may accept within two weeks, and acts for the store from
    then on as far as the role goes."""
    return once(
        request,
        caller=caller,
        key=idempotency_key,
        body=body,
        status=201,
        render=_render,
        act=lambda receipt: sellers.invite(
            caller, seller, Address(body.wallet), TeamRole(body.role), receipt
        ),
    )


@router.patch(
    "/{seller}/team/{member_id}",
    summary="Change a role",
    response_model=MemberOut,
    responses={401: UNAUTHENTICATED, 403: _NOT_THE_OWNER, 404: _NO_MEMBER, 422: INVALID},
)
def change_role(
    seller: Reference, member_id: _MemberId, body: RoleIn, caller: Caller, sellers: _Service
) -> Response:
    """Of somebody in the team, or invited; from their next request on."""
    return _shown(sellers.change_role(caller, seller, member_id, TeamRole(body.role)))


@router.delete(
    "/{seller}/team/{member_id}",
    summary="Send somebody away",
    status_code=204,
    responses={401: UNAUTHENTICATED, 403: _NOT_THE_OWNER, 404: _NO_MEMBER},
)
def remove(seller: Reference, member_id: _MemberId, caller: Caller, sellers: _Service) -> Response:
    """Ends a membership or takes an invitation back; from their next request on."""
    sellers.remove(caller, seller, member_id)
    return Response(status_code=204)


def _shown(member: Member) -> Response:
    return json_response(MemberOut.of(member).model_dump_json().encode())


def _render(member: object) -> dict[str, object]:
    assert isinstance(member, Member)  # noqa: S101 - what `invite` returns
    return MemberOut.of(member).model_dump(mode="json")
