"""To whom the contract of each chain is told to pay."""

from dataclasses import replace

import pytest

from souk.adapters.evm.escrow.gateway import EvmEscrowGateway
from souk.modules.payments.domain import EscrowChoice
from souk.modules.payments.errors import PartiesCollide
from souk.modules.payments.ports import LegPlan, PaymentPlan
from souk.modules.sellers.domain import PayoutWallets
from tests.support.account_builders import a_wallet
from tests.support.clock import MovableClock
from tests.support.payment_builders import CHAIN_ID, DOLLAR, MONEY, TERMS, away
from tests.support.rail_builders import some_terms

OTHER = 10
BUYER, DEFAULT, OWN = (a_wallet(name).address for name in ("bruno", "sofia", "own"))


@pytest.fixture
def gateway() -> EvmEscrowGateway:
    """One contract on each of two chains, at the same address."""
    chains = {CHAIN_ID: MONEY, OTHER: replace(MONEY, chain_id=OTHER)}
    return EvmEscrowGateway(chains, TERMS, dict.fromkeys(chains, away()), clock=MovableClock())


def draft(gateway, chain_id, payouts, payer=BUYER):
    plan = PaymentPlan(
        attempt_id="att_1",
        choice=EscrowChoice(chain_id=chain_id, token=DOLLAR, wallet=payer),
        pay_by=1_800_000_000,
        legs=(
            LegPlan(
                terms=some_terms(),
                payouts=payouts,
                card_account=None,
                amount=5_000,
                salt="0" * 64,
            ),
        ),
    )
    (leg,) = gateway.draft(plan)
    return leg


def test_contract_pays_the_wallet_of_its_chain_or_the_default(gateway) -> None:
    payouts = PayoutWallets(DEFAULT, {OTHER: OWN})
    paid = {chain_id: draft(gateway, chain_id, payouts) for chain_id in (CHAIN_ID, OTHER)}
    assert {at: leg.terms.seller for at, leg in paid.items()} == {CHAIN_ID: DEFAULT, OTHER: OWN}


def test_document_states_the_wallet_that_is_paid(gateway) -> None:
    leg = draft(gateway, OTHER, PayoutWallets(DEFAULT, {OTHER: OWN}))
    assert OWN in leg.document.body
    assert DEFAULT not in leg.document.body


def test_wallet_of_one_chain_has_a_part_there_alone(gateway) -> None:
    payouts = PayoutWallets(DEFAULT, {OTHER: BUYER})
    assert draft(gateway, CHAIN_ID, payouts).terms.buyer == BUYER
    with pytest.raises(PartiesCollide):
        draft(gateway, OTHER, payouts)
