"""Requests and responses about who acts for a store."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field

from souk.core.addresses import parse_address
from souk.core.web import InstantOut, RequestModel, ResponseModel
from souk.modules.sellers.domain.team import Member, TeamRole

_GivenRole = Annotated[
    Literal["manager", "fulfilment", "read_only"],
    Field(
        description="A manager does all but team, payouts and standing; `fulfilment` sends orders"
        " and counts stock; `read_only` looks.",
        examples=["fulfilment"],
    ),
]


class InvitationIn(RequestModel):
    """Who is to join the team."""

    wallet: Annotated[
        str,
        Field(
            max_length=42,
            description="Whoever signs in with this wallet may accept.",
            examples=["0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2"],
        ),
        AfterValidator(parse_address),
    ]
    role: _GivenRole


class RoleIn(RequestModel):
    """Another role."""

    role: _GivenRole


class MemberOut(ResponseModel):
    """Somebody in the team, or invited."""

    id: Annotated[str, Field(examples=["mem_01h455vb4pex5vsknk084sn02q"])]
    seller_id: str
    wallet: str
    role: TeamRole
    account_id: Annotated[str | None, Field(description="Known once they have accepted.")]
    invited_at: InstantOut
    accepted_at: InstantOut | None

    @classmethod
    def of(cls, member: Member) -> Self:
        """The same document that the team's list has."""
        return cls.model_validate(member)


class OwnerOut(ResponseModel):
    """Who opened the store."""

    account_id: str
    role: Literal["owner"]


class TeamOut(ResponseModel):
    """Everybody who acts for a store, or is invited to."""

    owner: OwnerOut
    data: list[MemberOut]


class StoreOut(ResponseModel):
    """A store by its names."""

    id: str
    handle: str
    name: str


class RoleOut(ResponseModel):
    """What the caller is to a store."""

    store: StoreOut
    role: TeamRole
    member_id: Annotated[str | None, Field(description="By which to leave; an owner has none.")]


class RolesOut(ResponseModel):
    """The stores that the caller acts for."""

    data: list[RoleOut]


class InvitationOut(ResponseModel):
    """An invitation that waits for the caller."""

    id: Annotated[str, Field(examples=["mem_01h455vb4pex5vsknk084sn02q"])]
    store: StoreOut
    role: TeamRole
    wallet: str
    invited_at: InstantOut


class InvitationsOut(ResponseModel):
    """The invitations that wait for the caller."""

    data: list[InvitationOut]
