"""From what a client asked for to a choice that can be looked up."""

from dataclasses import dataclass, replace

from souk.core.addresses import ZERO_ADDRESS, Address, parse_address
from souk.modules.payments.domain.offers import CardChoice, EscrowChoice, PayChoice
from souk.modules.payments.domain.settlements import PayWay
from souk.modules.payments.domain.statuses import CARD_METHODS, PaymentMethod
from souk.modules.payments.errors import ChoiceIncomplete


@dataclass(frozen=True, slots=True, kw_only=True)
class CryptoWish:
    """A wallet of the buyer's is to pay, and what is `None` here is left to us: on which chain, in
    what, from which wallet, in which way."""

    method: PaymentMethod = PaymentMethod.CRYPTO
    chain_id: int | None = None
    token: Address | None = None
    wallet: Address | None = None
    way: PayWay | None = None

    def allows(self, choice: PayChoice) -> bool:
        """Whether a choice is one that this may come to."""
        if not isinstance(choice, EscrowChoice) or choice.method is not self.method:
            return False
        return choice == replace(
            choice,
            chain_id=self.chain_id or choice.chain_id,
            token=self.token or choice.token,
            wallet=self.wallet or choice.wallet,
            way=self.way or choice.way,
        )


PayWish = PayChoice | CryptoWish
"""What a buyer asked for: a choice, or one that is left to us."""


def choose(
    method: PaymentMethod,
    *,
    chain_id: int | None = None,
    token: str | None = None,
    wallet: str | None = None,
    way: PayWay | None = None,
    saved_method: str | None = None,
    anyway: bool = False,
) -> PayWish:
    """What these fields amount to; those of the other rail count for nothing. Into escrow the chain
    and the wallet are named, and what is not is the chain's own coin, by calls; of crypto all may
    be left out. Raises `ChoiceIncomplete`, `MalformedAddress`."""
    if method in CARD_METHODS:
        return CardChoice(method=method, saved_method=saved_method, anyway=anyway)
    given = None if token is None else parse_address(token)
    payer = None if wallet is None else parse_address(wallet)
    if method is PaymentMethod.CRYPTO and None in (chain_id, given, payer):
        return CryptoWish(chain_id=chain_id, token=given, wallet=payer, way=way)
    if chain_id is None:
        raise ChoiceIncomplete("say on which chain (GET /api/payments/methods)", "/chain_id")
    if payer is None:
        raise ChoiceIncomplete("say which of your wallets pays", "/wallet")
    return EscrowChoice(
        method=method,
        chain_id=chain_id,
        token=given or ZERO_ADDRESS,
        wallet=payer,
        way=way or PayWay.CALLS,
    )
