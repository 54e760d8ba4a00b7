"""Looking after the accounts that we send from: what stops them is told before it stops them."""

from collections.abc import Callable, Iterable, Mapping

from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import IncidentReason, Purpose
from souk.modules.chain.errors import NetworkFeeTooHigh
from souk.modules.chain.service.alarms import SENDING, Alarms
from souk.modules.chain.service.followed import FollowedChain, get_followed, ids_of
from souk.modules.chain.service.sending import Outgoing, accounts_of


class Upkeep:
    """Of our accounts on every chain."""

    def __init__(
        self,
        uow: UnitOfWork,
        chains: Mapping[int, FollowedChain],
        *,
        daily_gas: Mapping[Purpose, int],
    ) -> None:
        self._uow = uow
        self._chains = chains
        self._daily_gas = daily_gas

    @property
    def ids(self) -> tuple[int, ...]:
        """The chains, in rising order."""
        return ids_of(self._chains)

    def look_after(self, chain_id: int) -> None:
        """See that what our accounts sent gets into blocks, and that they can pay for more: offers
        more where too little was offered, and opens and closes incidents. Raises
        `ProviderUnavailable`; then nothing is closed."""
        chain = get_followed(self._chains, chain_id)
        accounts = accounts_of(self._uow, chain.config, chain.senders, self._daily_gas)
        alarms = self._alarms(chain_id)
        stuck = _found(_replace_stuck, accounts.values())
        _tell(alarms, IncidentReason.TRANSACTION_STUCK, stuck, "it is on its way again")
        dry = _found(Outgoing.shortage, accounts.values())
        _tell(alarms, IncidentReason.ACCOUNT_RUNS_DRY, dry, "it can pay again")
        if Purpose.KEEPER in accounts:
            alarms.close(IncidentReason.KEEPER_KEY_MISSING, "there is a key again")

    def report_missing_key(self, chain_id: int, count_overdue: Callable[[int], int]) -> None:
        """Where there is no key to settle with: open an incident as soon as something is overdue on
        the chain, and close it when nothing is."""
        overdue = count_overdue(chain_id)
        detail = f"{overdue} payments are overdue and nobody settles them: set KEEPER_PRIVATE_KEY"
        alarms = self._alarms(chain_id)
        reason = IncidentReason.KEEPER_KEY_MISSING
        _tell(alarms, reason, detail if overdue else None, "nothing is overdue")

    def _alarms(self, chain_id: int) -> Alarms:
        alarms = Alarms(self._uow, chain_id, SENDING)
        alarms.load()
        return alarms


def _replace_stuck(account: Outgoing) -> str | None:
    try:
        account.replace_stuck()
    except NetworkFeeTooHigh as refusal:
        return refusal.detail
    return None


def _found(look: Callable[[Outgoing], str | None], accounts: Iterable[Outgoing]) -> str | None:
    return next(filter(None, [look(account) for account in accounts]), None)


def _tell(alarms: Alarms, reason: IncidentReason, detail: str | None, resolution: str) -> None:
    if detail is None:
        alarms.close(reason, resolution)
    else:
        alarms.open(reason, detail=detail, block=None)
