"""What a token alone must not do: whoever holds one may have found it."""

from souk.core.principal import Principal
from souk.core.unit_of_work import Transaction
from souk.modules.accounts import repository
from souk.modules.accounts.domain import PROOF_LASTS
from souk.modules.accounts.errors import StepUpRequired


def use_proof(tx: Transaction, principal: Principal) -> None:
    """Use up the proof of who the caller is that this session gave last: it serves one act. Raises
    `StepUpRequired`."""
    if not repository.use_step_up(tx, principal.session_id, since=tx.now - PROOF_LASTS):
        raise StepUpRequired(
            "prove that it is you: sign at POST /api/auth/step-up with a wallet of this account, or"
            " sign in again, and repeat this within five minutes"
        )
