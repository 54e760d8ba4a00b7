"""Dividing held money, disputed or not, and giving it back after its release."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from souk.adapters.evm.escrow.refunding import refund_says
from souk.core.addresses import ZERO_ADDRESS
from souk.core.errors import ProviderUnavailable
from souk.core.money import Money
from souk.modules.payments import errors
from souk.modules.payments.domain import FactKind, LegStatus, Party, Split
from tests.support.payment_builders import a_gateway
from tests.support.rail_builders import a_listed_mock, allow

DAY = 86_400
BUYER, SELLER = Party.BUYER, Party.SELLER


@pytest.fixture
def held(rail, token):
    """A paid order of 1000 that waits for the seller."""
    (leg,) = rail.pay(rail.plan(token, 1_000))
    return leg


@pytest.fixture
def open_order(rail, token):
    """A paid download, so that the buyer's time runs."""
    (leg,) = rail.pay(rail.plan(token, 1_000, digital=True))
    return leg


@pytest.fixture
def disputed(rail, open_order):
    """The same, which the buyer has disputed."""
    rail.sign(rail.buyer, rail.gateway.dispute(open_order, BUYER))
    return open_order


@pytest.fixture
def released(rail, held):
    """An order whose money the seller has."""
    rail.sign(rail.buyer, rail.gateway.release([held]))
    return held


def split(rail, to_buyer: int, to_seller: int, *, hours: float = 1) -> Split:
    until = rail.now + int(hours * 3_600)
    return Split(to_buyer=to_buyer, to_seller=to_seller, valid_until=until)


def offer(rail, leg, wanted: Split, sender: Party | None = None, **consents: str) -> str:
    """The signature of the next party whose consent is missing."""
    given = {Party(name): text for name, text in consents.items()}
    asked = rail.gateway.settle(leg, wanted, given, sender)
    signer = rail.buyer if asked.by == rail.buyer.address else rail.seller
    assert asked.calls == ()
    return signer.sign(asked.typed_data)


def figures(rail, leg) -> tuple[LegStatus, int, int]:
    found = rail.gateway.lookup(leg)
    return found.status, found.remaining, found.released


@pytest.mark.parametrize("by", [BUYER, SELLER])
def test_says_that_a_party_disputes_and_until_when_the_arbiter_may_rule(
    rail, open_order, by
) -> None:
    party = rail.buyer if by is BUYER else rail.seller

    (receipt,) = rail.sign(party, rail.gateway.dispute(open_order, by))

    (said,) = rail.observed(receipt)
    found = rail.gateway.lookup(open_order)
    assert (said.fact.kind, found.status) == (FactKind.DISPUTED, LegStatus.DISPUTED)
    assert said.fact.deadline == rail.now + 30 * DAY
    assert said.evidence["by"] == party.address
    assert found.deadline == datetime.fromtimestamp(said.fact.deadline, UTC)


def test_says_no_before_anyone_disputes_what_is_not_fulfilled(rail, held) -> None:
    with pytest.raises(errors.EscrowStateConflict):
        rail.gateway.dispute(held, BUYER)


def test_says_no_when_the_time_to_dispute_is_over(rail, open_order) -> None:
    rail.chain.move_time(3 * DAY + 1)
    rail.chain.mine()

    with pytest.raises(errors.EscrowTooLate):
        rail.gateway.dispute(open_order, BUYER)


@pytest.mark.parametrize(
    ("share", "to_buyer", "fee"), [(0, 0, 25), (300, 300, 17), (2**96 - 1, 1_000, 0)]
)
def test_divides_as_the_arbiter_rules(rail, disputed, share, to_buyer, fee) -> None:
    (receipt,) = rail.sign(rail.arbiter, rail.gateway.resolve(disputed, share))

    (said,) = rail.observed(receipt)
    assert (said.fact.to_buyer, said.fact.to_seller, said.fact.fee) == (
        to_buyer,
        1_000 - to_buyer,
        fee,
    )
    assert said.evidence["cause"] == "ruling"


def test_lets_nobody_but_the_arbiter_rule(rail, disputed) -> None:
    ruling = rail.gateway.resolve(disputed, 1_000)

    receipt = rail.buyer.send(ruling.calls[0])

    assert (ruling.by, receipt["status"]) == (rail.arbiter.address, "0x0")
    assert figures(rail, disputed) == (LegStatus.DISPUTED, 1_000, 0)


def test_says_no_when_there_is_nothing_to_rule(rail, open_order) -> None:
    with pytest.raises(errors.EscrowStateConflict):
        rail.gateway.resolve(open_order, 1)


def test_divides_by_the_terms_when_the_arbiter_is_silent(rail, disputed) -> None:
    rail.chain.move_time(30 * DAY + 1)

    receipt = rail.stranger.send(rail.gateway.refund([disputed]).calls[0])

    (said,) = rail.observed(receipt)
    assert (said.fact.to_buyer, said.fact.to_seller, said.evidence["cause"]) == (
        400,
        600,
        "arbiter_silent",
    )


def in_dispute(leg, rail):
    """The leg as it is stored once its dispute counts."""
    deadline = rail.gateway.lookup(leg).deadline
    return replace(leg, status=LegStatus.DISPUTED, deadline=deadline)


def test_says_how_it_divides_when_the_arbiter_was_silent(rail, disputed) -> None:
    leg = in_dispute(disputed, rail)
    rail.chain.move_time(30 * DAY + 1)
    rail.chain.mine()

    (call,) = rail.gateway.refund([leg]).calls

    to_buyer, to_seller = Money(400, leg.asset), Money(600, leg.asset)
    assert call.says == (
        f"Give the buyer {to_buyer} and the seller {to_seller}, because the arbiter was silent,"
        f" of order {leg.order_id}"
    )


def test_says_how_it_would_divide_while_the_arbiter_may_still_rule(rail, disputed) -> None:
    leg = in_dispute(disputed, rail)

    (call,) = rail.gateway.refund([leg]).calls

    assert call.says.startswith(f"Give the buyer back the {Money(1_000, leg.asset)} or, when it is")
    assert f"the buyer {Money(400, leg.asset)}" in call.says


def test_says_what_it_does_to_each_when_only_one_of_two_was_left_undecided(rail) -> None:
    first, second = rail.pay(rail.plan(rail.dollar, 1_000, 2_000, digital=True))
    rail.sign(rail.buyer, rail.gateway.dispute(first, BUYER))
    leg = in_dispute(first, rail)
    rail.chain.move_time(30 * DAY + 1)
    rail.chain.mine()

    says = refund_says([leg, second], rail.now)

    assert says.startswith("Give the buyer 0.0024 tUSD and the seller 0.0006 tUSD, because")


def test_gives_back_a_part_when_the_seller_alone_says_so(rail, held) -> None:
    settled = rail.gateway.settle(held, split(rail, 300, 0), sender=SELLER)

    (receipt,) = rail.sign(rail.seller, settled)

    (said,) = rail.observed(receipt)
    assert (said.fact.kind, said.fact.to_buyer, said.evidence["cause"]) == (
        FactKind.SETTLED,
        300,
        "agreement",
    )
    assert figures(rail, held) == (LegStatus.HELD, 700, 0)


def test_releases_a_part_when_the_buyer_alone_says_so(rail, held) -> None:
    settled = rail.gateway.settle(held, split(rail, 0, 400), sender=BUYER)

    rail.sign(rail.buyer, settled)

    assert figures(rail, held) == (LegStatus.HELD, 600, 400)


@pytest.mark.parametrize("sender", [BUYER, SELLER])
def test_divides_when_one_party_signed_and_the_other_carries_it_out(rail, held, sender) -> None:
    wanted = split(rail, 300, 700)
    other = SELLER if sender is BUYER else BUYER
    signature = offer(rail, held, wanted, sender)

    settled = rail.gateway.settle(held, wanted, {other: signature}, sender)

    rail.sign(rail.buyer if sender is BUYER else rail.seller, settled)
    assert figures(rail, held) == (LegStatus.SPLIT, 0, 700)


def test_divides_when_both_signed_and_a_stranger_carries_it_out(rail, held) -> None:
    wanted = split(rail, 300, 700)
    buyer = offer(rail, held, wanted)
    seller = offer(rail, held, wanted, buyer=buyer)

    settled = rail.gateway.settle(held, wanted, {BUYER: buyer, SELLER: seller})

    rail.stranger.send(settled.calls[0])
    assert (settled.by, figures(rail, held)) == (None, (LegStatus.SPLIT, 0, 700))


def test_releases_without_gas_for_the_buyer(rail, held) -> None:
    wanted = split(rail, 0, 1_000)

    settled = rail.gateway.settle(held, wanted, {BUYER: offer(rail, held, wanted)})

    rail.stranger.send(settled.calls[0])
    assert figures(rail, held) == (LegStatus.RELEASED, 0, 1_000)


def test_settles_a_dispute(rail, disputed) -> None:
    wanted = split(rail, 500, 500)
    signature = offer(rail, disputed, wanted, SELLER)

    rail.sign(rail.seller, rail.gateway.settle(disputed, wanted, {BUYER: signature}, SELLER))

    assert figures(rail, disputed) == (LegStatus.SPLIT, 0, 500)


@pytest.mark.parametrize("sides", [(400, 0), (0, 400), (400, 599)])
def test_offers_no_part_of_what_is_disputed(rail, disputed, sides) -> None:
    with pytest.raises(errors.SplitOutOfRange):
        rail.gateway.settle(disputed, split(rail, *sides))


def test_lets_a_party_give_a_part_of_what_is_disputed(rail, disputed) -> None:
    rail.sign(rail.seller, rail.gateway.settle(disputed, split(rail, 400, 0), sender=SELLER))

    assert figures(rail, disputed) == (LegStatus.DISPUTED, 600, 0)


def test_voids_an_offer_when_money_moved_since(rail, held) -> None:
    wanted = split(rail, 300, 600)
    signature = offer(rail, held, wanted, SELLER)
    rail.sign(rail.seller, rail.gateway.settle(held, split(rail, 1, 0), sender=SELLER))

    with pytest.raises(errors.EscrowConsentRefused):
        rail.gateway.settle(held, wanted, {BUYER: signature}, SELLER)


def test_voids_an_offer_when_the_order_was_disputed_since(rail, open_order) -> None:
    wanted = split(rail, 300, 700)
    signature = offer(rail, open_order, wanted, SELLER)
    rail.sign(rail.buyer, rail.gateway.dispute(open_order, BUYER))

    with pytest.raises(errors.EscrowConsentRefused):
        rail.gateway.settle(open_order, wanted, {BUYER: signature}, SELLER)


@pytest.mark.parametrize("sender", [None, BUYER, SELLER])
def test_prepares_no_offer_for_longer_than_three_days(rail, held, sender) -> None:
    with pytest.raises(errors.OfferTooLong):
        rail.gateway.settle(held, split(rail, 1, 1, hours=73), sender=sender)


def test_prepares_no_offer_of_more_than_is_held(rail, held) -> None:
    with pytest.raises(errors.SplitOutOfRange):
        rail.gateway.settle(held, split(rail, 300, 701))


def test_prepares_no_offer_when_all_is_settled(rail, released) -> None:
    with pytest.raises(errors.SplitOutOfRange):
        rail.gateway.settle(released, split(rail, 0, 1))


def test_refuses_a_consent_that_is_no_signature(rail, held) -> None:
    with pytest.raises(errors.MalformedConsent):
        rail.gateway.settle(held, split(rail, 1, 1), {BUYER: "yes"}, SELLER)


def test_reimburses_the_buyer_when_the_seller_pays(rail, token, released) -> None:
    before = rail.balance(rail.dollar, rail.buyer.address)

    receipts = rail.sign(rail.seller, rail.gateway.reimburse(released, 400))

    (said,) = rail.observed(receipts[-1])
    assert (said.fact.kind, said.fact.amount) == (FactKind.REIMBURSED, 400)
    assert rail.gateway.lookup(released).released == 600
    if token != ZERO_ADDRESS:
        assert rail.balance(rail.dollar, rail.buyer.address) - before == 400


@pytest.mark.parametrize("amount", [400, 975])
def test_says_the_same_as_the_leg_when_it_was_reimbursed(rail, released, amount) -> None:
    rail.sign(rail.seller, rail.gateway.reimburse(released, amount))
    leg = replace(released, status=LegStatus.RELEASED, released=1_000, reimbursed=amount)

    found = rail.gateway.lookup(leg)

    assert (found.status, found.remaining) == (leg.status, leg.remaining)
    assert found.released == leg.released


def test_says_that_less_is_released_when_the_leg_knows_of_no_reimbursement(rail, released) -> None:
    rail.sign(rail.seller, rail.gateway.reimburse(released, 400))

    assert figures(rail, released) == (LegStatus.SPLIT, 0, 600)


@pytest.mark.parametrize("amount", [0, 1_001])
def test_says_no_when_more_is_reimbursed_than_was_released(rail, released, amount) -> None:
    with pytest.raises(errors.EscrowAmountMismatch):
        rail.gateway.reimburse(released, amount)


def test_says_no_when_there_is_nothing_to_reimburse_yet(rail, held) -> None:
    with pytest.raises(errors.EscrowStateConflict):
        rail.gateway.reimburse(held, 1)


def released_dollars(rail, token):
    """An order paid in a token, whose money the seller has."""
    (leg,) = rail.pay(rail.plan(token, 1_000))
    rail.sign(rail.buyer, rail.gateway.release([leg]))
    return leg


def test_reimburses_in_a_token_that_refuses_without_a_word(rail) -> None:
    mute = a_listed_mock(rail, "MuteDollar")
    leg = released_dollars(rail, mute)

    asked = rail.gateway.reimburse(leg, 400)

    receipts = rail.sign(rail.seller, asked)
    assert [receipt["status"] for receipt in receipts] == ["0x1", "0x1"]
    assert rail.gateway.lookup(leg).released == 600


def test_asks_for_no_allowance_that_stands_already(rail) -> None:
    leg = released_dollars(rail, rail.dollar)
    allow(rail, rail.seller, rail.dollar, 400)

    receipts = rail.sign(rail.seller, rail.gateway.reimburse(leg, 400))

    assert [receipt["status"] for receipt in receipts] == ["0x1"]
    assert rail.gateway.lookup(leg).released == 600


def test_tells_what_the_token_has_against_it_when_the_allowance_stands(rail) -> None:
    leg = released_dollars(rail, rail.dollar)
    allow(rail, rail.seller, rail.dollar, 1_000)

    with pytest.raises(errors.EscrowBalanceTooLow):
        rail.gateway.reimburse(leg, 1_000)


def test_hands_a_reimbursement_out_when_the_node_is_away(rail) -> None:
    leg = released_dollars(rail, rail.dollar)

    asked = a_gateway().reimburse(leg, 400)

    assert [call.to for call in asked.calls] == [rail.dollar, rail.escrow]


def test_hands_out_what_a_party_gives_away_alone_when_the_node_is_away(rail, disputed) -> None:
    asked = a_gateway().settle(disputed, split(rail, 1_000, 0), sender=SELLER)

    rail.sign(rail.seller, asked)
    assert rail.gateway.lookup(disputed).status is LegStatus.REFUNDED


def test_makes_no_offer_when_the_node_is_away(rail, held) -> None:
    with pytest.raises(ProviderUnavailable):
        a_gateway().settle(held, split(rail, 300, 0), sender=BUYER)
