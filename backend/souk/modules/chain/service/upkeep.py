"""Looking after the accounts that we send from: what stops them is told before it stops them."""

from collections.abc import Callable, Iterable

from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import IncidentReason, Purpose
from souk.modules.chain.errors import NetworkFeeTooHigh
from souk.modules.chain.service.alarms import SENDING, Alarms
from souk.modules.chain.service.sending import Outgoing


def look_after(uow: UnitOfWork, chain_id: int, accounts: dict[Purpose, Outgoing]) -> None:
    """Replace what offers too little, and open or close the incidents of these accounts. Raises
    `ProviderUnavailable`; then nothing is closed."""
    alarms = Alarms(uow, chain_id, SENDING)
    alarms.load()
    stuck = _found(_replace_stuck, accounts.values())
    _tell(alarms, IncidentReason.TRANSACTION_STUCK, stuck, "it is on its way again")
    dry = _found(Outgoing.shortage, accounts.values())
    _tell(alarms, IncidentReason.ACCOUNT_RUNS_DRY, dry, "it can pay again")
    if Purpose.KEEPER in accounts:
        alarms.close(IncidentReason.KEEPER_KEY_MISSING, "there is a key again")


def report_missing_key(uow: UnitOfWork, chain_id: int, *, overdue: int) -> None:
    """There is no key to settle with; that is told as soon as something is overdue."""
    alarms = Alarms(uow, chain_id, SENDING)
    alarms.load()
    detail = (
        f"{overdue} payments or more are overdue and nobody settles them: set KEEPER_PRIVATE_KEY"
        if overdue
        else None
    )
    _tell(alarms, IncidentReason.KEEPER_KEY_MISSING, detail, "nothing is overdue")


def _replace_stuck(account: Outgoing) -> str | None:
    try:
        account.replace_stuck()
    except NetworkFeeTooHigh as refusal:
        return refusal.detail
    return None


def _found(look: Callable[[Outgoing], str | None], accounts: Iterable[Outgoing]) -> str | None:
    return next(filter(None, map(look, accounts)), None)


def _tell(alarms: Alarms, reason: IncidentReason, detail: str | None, resolution: str) -> None:
    if detail is None:
        alarms.close(reason, resolution)
    else:
        alarms.open(reason, detail=detail, block=None)
