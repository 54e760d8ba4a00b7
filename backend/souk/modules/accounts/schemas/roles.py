"""Requests and responses about roles."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from souk.core.principal import Role
from souk.core.web import InstantOut, ResponseModel

_ID = "acc_01h455vb4pex5vsknk084sn02q"


class StaffRole(StrEnum):
    """What an admin gives and takes; the other roles come with what somebody does."""

    ARBITER = Role.ARBITER.value
    SUPPORT = Role.SUPPORT.value
    ADMIN = Role.ADMIN.value


class RoleChangeOut(ResponseModel):
    """One change. `by` is the account of the admin, `null` for whoever runs this installation."""

    role: str
    given: bool
    by: str | None
    changed_at: InstantOut


class StaffRolesOut(ResponseModel):
    """What somebody is, and who said so, the newest change first."""

    account_id: Annotated[str, Field(examples=[_ID])]
    roles: list[str]
    changes: list[RoleChangeOut]
