"""What an owner of tokens signs before another may take some of them.

Nothing, when enough is allowed already. Some tokens, Tether's dollar among them, take no other
allowance in the place of one that stands: there it is first brought down to nothing. That is always
safe, but a signature and a fee more, so the token is asked whether it insists.
"""

from dataclasses import dataclass

from souk.adapters.evm.escrow.legs import approval_for
from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.core.addresses import Address
from souk.modules.payments.domain import CallToSign, EscrowLeg


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`owner` lets `spender` take `needed` of a leg's token, by allowing `amount`; `says` is for
    the owner."""

    leg: EscrowLeg
    owner: Address
    spender: Address
    needed: int
    amount: int
    says: str

    @property
    def call(self) -> CallToSign:
        """The approval itself, which is enough where nothing is allowed yet."""
        return approval_for(self.leg, self.spender, self.amount, self.says)


def approvals(tokens: EvmTokens, wish: Wish) -> tuple[CallToSign, ...]:
    """The calls to sign, in order. Raises `ProviderUnavailable`."""
    leg, token = wish.leg, wish.leg.terms.token
    allowed = tokens.allowance(leg.chain_id, token, wish.owner, wish.spender)
    if allowed >= wish.needed:
        return ()
    if allowed == 0 or tokens.takes_approval(
        leg.chain_id, token, wish.owner, wish.spender, wish.amount
    ):
        return (wish.call,)
    says = f"Take back what was allowed of your {leg.asset.symbol}, as it asks for that first"
    return approval_for(leg, wish.spender, 0, says), wish.call
