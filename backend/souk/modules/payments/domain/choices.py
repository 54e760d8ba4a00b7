"""From what a client asked for to a choice that can be looked up."""

from souk.core.addresses import ZERO_ADDRESS, parse_address
from souk.modules.payments.domain.offers import CardChoice, EscrowChoice, PayChoice
from souk.modules.payments.domain.settlements import PayWay
from souk.modules.payments.domain.statuses import CARD_METHODS, PaymentMethod
from souk.modules.payments.errors import ChoiceIncomplete


def choose(
    method: PaymentMethod,
    *,
    chain_id: int | None = None,
    token: str = ZERO_ADDRESS,
    wallet: str | None = None,
    way: PayWay = PayWay.CALLS,
    saved_method: str | None = None,
    anyway: bool = False,
) -> PayChoice:
    """The choice that these fields amount to; those of the other rail count for nothing. Raises
    `ChoiceIncomplete`, `MalformedAddress`."""
    if method in CARD_METHODS:
        return CardChoice(method=method, saved_method=saved_method, anyway=anyway)
    if chain_id is None:
        raise ChoiceIncomplete("say on which chain (GET /api/payments/methods)", "/chain_id")
    if wallet is None:
        raise ChoiceIncomplete("say which of your wallets pays", "/wallet")
    return EscrowChoice(
        method=method,
        chain_id=chain_id,
        token=parse_address(token),
        wallet=parse_address(wallet),
        way=way,
    )
