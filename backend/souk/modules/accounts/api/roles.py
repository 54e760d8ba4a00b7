"""Who is staff: `/api/accounts/{account_id}/roles`."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.db import Reads
from souk.core.ids import require_id
from souk.core.principal import Permission, Role
from souk.core.web import UNAUTHENTICATED, Caller, Section, cacheable, provided
from souk.modules.accounts import queries
from souk.modules.accounts.api.sign_in import STEP_UP
from souk.modules.accounts.errors import AccountNotFound, AdminsOnly
from souk.modules.accounts.schemas.roles import StaffRole, StaffRolesOut
from souk.modules.accounts.service import Roles

router = Section(prefix="/api/accounts", tags=["accounts"])
_Service = Annotated[Roles, Depends(provided(Roles))]
_AccountId = Annotated[
    str,
    Path(
        max_length=64, description="The account's id.", examples=["acc_01h455vb4pex5vsknk084sn02q"]
    ),
]
_Role = Annotated[StaffRole, Path(description="What somebody is to be, or no longer.")]
_NOT_FOUND = {"description": "There is no such account"}
_ADMINS = {"description": "The caller is no admin"}
_ADMINS_ANEW = {"description": f"{_ADMINS['description']}. {STEP_UP['description']}"}


@router.get(
    "/{account_id}/roles",
    summary="What somebody is",
    response_model=StaffRolesOut,
    responses={401: UNAUTHENTICATED, 403: _ADMINS, 404: _NOT_FOUND},
)
async def read_roles(
    request: Request,
    account_id: _AccountId,
    caller: Caller,
    reads: Annotated[Reads, Depends(provided(Reads))],
) -> Response:
    """For admins: the roles of an account, and who gave and took them when."""
    if not caller.may(Permission.GRANT_ROLES):
        raise AdminsOnly("only an admin sees who is staff")
    document = await queries.roles(reads, require_id("acc", account_id))
    if document is None:
        raise AccountNotFound("there is no such account")
    return cacheable(request, document)


@router.put(
    "/{account_id}/roles/{role}",
    summary="Make somebody staff",
    status_code=204,
    responses={401: UNAUTHENTICATED, 403: _ADMINS_ANEW, 404: _NOT_FOUND},
)
def give_role(account_id: _AccountId, role: _Role, caller: Caller, roles: _Service) -> None:
    """For admins who proved themselves within five minutes, once. Whoever it is has to sign in
    again, and is staff from then on; their API keys never are."""
    roles.give(require_id("acc", account_id), Role(role), caller)


@router.delete(
    "/{account_id}/roles/{role}",
    summary="Make somebody staff no longer",
    status_code=204,
    responses={
        401: UNAUTHENTICATED,
        403: _ADMINS_ANEW,
        404: _NOT_FOUND,
        409: {"description": "Nobody could name an admin any more"},
    },
)
def take_role(account_id: _AccountId, role: _Role, caller: Caller, roles: _Service) -> None:
    """For admins who proved themselves within five minutes, once. All sessions of whoever it is
    end at once."""
    roles.take(require_id("acc", account_id), Role(role), caller)
