"""Where somebody is signed in: `/api/auth/sessions`."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response

from souk.core.clock import Clock
from souk.core.db import Reads
from souk.core.web import UNAUTHENTICATED, Caller, Section, cacheable, provided
from souk.modules.accounts import queries
from souk.modules.accounts.schemas import SessionList
from souk.modules.accounts.service import Sessions

router = Section(prefix="/api/auth", tags=["sign-in"])
_Service = Annotated[Sessions, Depends(provided(Sessions))]
_SessionId = Annotated[
    str,
    Path(
        max_length=64, description="The session's id.", examples=["ses_01h455vb4pex5vsknk084sn02q"]
    ),
]


@router.get(
    "/sessions",
    summary="Where am I signed in?",
    response_model=SessionList,
    responses={401: UNAUTHENTICATED},
)
async def list_sessions(
    request: Request,
    caller: Caller,
    reads: Annotated[Reads, Depends(provided(Reads))],
    clock: Annotated[Clock, Depends(provided(Clock))],
) -> Response:
    """The sessions of the account that live, with what each was signed in by."""
    document = await queries.sessions(
        reads, caller.account_id, session_id=caller.session_id, now=clock.now()
    )
    return cacheable(request, document or b"")


@router.delete(
    "/sessions",
    summary="Sign out everywhere else",
    status_code=204,
    responses={401: UNAUTHENTICATED},
)
def end_others(caller: Caller, sessions: _Service) -> None:
    """Ends all sessions of the account but the one that asks."""
    sessions.end_others(caller)


@router.delete(
    "/sessions/{session_id}",
    summary="End a session",
    status_code=204,
    responses={401: UNAUTHENTICATED, 404: {"description": "You have no such session"}},
)
def end_session(session_id: _SessionId, caller: Caller, sessions: _Service) -> None:
    """Its token is good for nothing from now on."""
    sessions.end(caller, session_id)


@router.post("/logout", summary="Sign out", status_code=204, responses={401: UNAUTHENTICATED})
def logout(caller: Caller, sessions: _Service) -> None:
    """Ends the session; its token is good for nothing from now on."""
    sessions.sign_out(caller)
