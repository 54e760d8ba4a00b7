"""Moving money at Stripe: each instruction once, and a seller gives back before the buyer gets."""

from dataclasses import replace

import pytest

from souk.core.errors import ProviderRejected
from souk.modules.payments import errors
from souk.modules.payments.domain import (
    Executed,
    FactKind,
    FactStage,
    Instruction,
    InstructionKind,
    LegStatus,
    Party,
    Pending,
    Split,
)
from tests.support.card_rail import DAY, names, stored

ALLOWED_EVIDENCE = {
    *("provider", "intent", "charge", "refund", "transfer", "reversal", "dispute"),
    *("instruction", "disputed"),
}


def instruction(attempt, kind: InstructionKind, amount: int, fee: int = 0) -> Instruction:
    return Instruction(leg_id=attempt.legs[0].id, kind=kind, amount=amount, fee=fee)


def to_seller(card, amount: int) -> Split:
    until = int(card.clock.now().timestamp()) + 3_600
    return Split(to_buyer=0, to_seller=amount, valid_until=until)


def carry(card, attempt, order):
    return card.gateway.carry_out(order, attempt.legs[0], attempt)


def release_in_parts(card, attempt, *amounts: int):
    for amount in amounts:
        split = to_seller(card, amount)
        agreed = card.gateway.settle(attempt.legs[0], split, sender=Party.BUYER)
        attempt = card.carry(agreed, attempt)
    return attempt


@pytest.fixture
def held(card):
    """An order of 1000 that is paid."""
    return card.pay(1_000)


@pytest.fixture
def released(card, held):
    """The same, of which the seller has 975."""
    return card.release(held)


def test_starts_the_buyers_time_when_the_seller_fulfils(card, held) -> None:
    attempt = card.hear(held, card.gateway.fulfil(held.legs).facts)

    (leg,) = attempt.legs
    assert leg.status is LegStatus.FULFILLED
    assert int(leg.deadline.timestamp()) == int(card.clock.now().timestamp()) + 9 * DAY


def test_keeps_the_buyers_time_when_the_seller_fulfils_again(card, held) -> None:
    attempt = card.hear(held, card.gateway.fulfil(held.legs).facts)
    card.clock.advance(days=1)

    again = card.hear(attempt, card.gateway.fulfil(held.legs).facts)

    assert again == attempt


@pytest.mark.parametrize("does", ["dispute", "resolve"])
def test_has_no_arbiter(card, held, does) -> None:
    with pytest.raises(errors.MethodUnavailable, match="buyer's bank"):
        getattr(card.gateway, does)(held.legs[0], Party.BUYER if does == "dispute" else 1)


def test_divides_nothing_when_a_giver_did_not_agree(card, held) -> None:
    split = to_seller(card, 300)

    with pytest.raises(errors.MethodUnavailable, match="has agreed"):
        card.gateway.settle(held.legs[0], split, sender=Party.SELLER)


def test_divides_when_every_giver_agreed(card, held) -> None:
    split = replace(to_seller(card, 300), to_buyer=700)

    agreed = card.gateway.settle(held.legs[0], split, {Party.BUYER: "yes"}, Party.SELLER)

    (leg,) = card.carry(agreed, held).legs
    assert (leg.status, leg.refunded, leg.released, leg.fee) == (LegStatus.SPLIT, 700, 300, 7)


def test_refuses_an_offer_that_is_over(card, held) -> None:
    split = replace(to_seller(card, 300), valid_until=1)

    with pytest.raises(errors.OfferOver):
        card.gateway.settle(held.legs[0], split, sender=Party.BUYER)


def test_takes_the_fee_of_the_whole_when_it_is_released_in_parts(card, held) -> None:
    attempt = release_in_parts(card, held, 39, 333)

    (leg,) = card.release(attempt).legs

    assert (leg.released, leg.fee) == (1_000, 25)
    assert card.worth(card.seller) == 975


def test_transfers_nothing_when_all_of_it_is_fee(card, held) -> None:
    attempt = release_in_parts(card, held, 39)

    attempt = release_in_parts(card, attempt, 1)

    assert (attempt.legs[0].released, attempt.legs[0].fee) == (40, 1)
    assert [each.amount for each in card.transfers(attempt)] == [39]


def test_sends_the_money_out_of_the_very_charge(card, released) -> None:
    (sent,) = card.transfers(released)

    assert (sent.destination, sent.transfer_group) == (card.seller, released.id)
    assert sent.source_transaction == released.legs[0].charge


@pytest.mark.parametrize("kind", [InstructionKind.RELEASE, InstructionKind.REFUND])
def test_moves_once_when_the_same_key_is_sent_twice(card, held, kind) -> None:
    order = stored(instruction(held, kind, 300))
    first = carry(card, held, order)

    again = carry(card, held, order)

    assert again == first
    assert len(card.refunds(held)) + len(card.transfers(held)) == 1


@pytest.mark.pitfall("P8")
@pytest.mark.parametrize("kind", [InstructionKind.RELEASE, InstructionKind.REFUND])
def test_moves_once_when_stripe_has_forgotten_the_key(card, held, kind) -> None:
    order = stored(instruction(held, kind, 300))
    first = carry(card, held, order)
    card.server.control("keys/forget")

    again = carry(card, held, replace(order, asked_before_seconds=25 * 3_600))

    assert again == first
    assert len(card.refunds(held)) + len(card.transfers(held)) == 1


@pytest.mark.pitfall("P8")
def test_recovers_once_when_stripe_has_forgotten_the_key(card, released) -> None:
    order = stored(instruction(released, InstructionKind.RECOVER, 300))
    first = carry(card, released, order)
    card.server.control("keys/forget")

    again = carry(card, released, replace(order, asked_before_seconds=25 * 3_600))

    assert again == first
    assert card.worth(card.seller) == 675


def test_takes_from_the_seller_first_when_the_buyer_is_reimbursed(card, released) -> None:
    outcome = card.gateway.reimburse(released.legs[0], 400)

    (leg,) = card.carry(outcome, released).legs

    kinds = [each.kind for each in outcome.instructions]
    assert kinds == [InstructionKind.RECOVER, InstructionKind.REIMBURSE]
    assert (leg.released, leg.reimbursed, leg.returnable) == (1_000, 400, 600)
    assert card.worth(card.seller) == 575


def test_gives_its_fee_up_when_all_is_reimbursed(card, released) -> None:
    card.carry(card.gateway.reimburse(released.legs[0], 1_000), released)

    said = {one.fact.kind: one.fact.amount for one in card.said}
    assert (said[FactKind.RECOVERED], said[FactKind.REIMBURSED]) == (975, 1_000)
    assert card.worth(card.seller) == 0


def test_recovers_nothing_when_nothing_is_left(card, released) -> None:
    carry(card, released, stored(instruction(released, InstructionKind.RECOVER, 975)))
    order = stored(instruction(released, InstructionKind.RECOVER, 25))

    assert carry(card, released, order) == Executed(order.id)


@pytest.mark.parametrize("amount", [0, 1_001])
def test_reimburses_no_more_than_was_released(card, released, amount) -> None:
    with pytest.raises(errors.SplitOutOfRange):
        card.gateway.reimburse(released.legs[0], amount)


def test_recovers_from_one_transfer_after_the_other(card, held) -> None:
    attempt = release_in_parts(card, held, 200, 400)

    done = carry(card, attempt, stored(instruction(attempt, InstructionKind.RECOVER, 500)))

    assert len(done.facts) == 2
    assert sum(one.fact.amount for one in done.facts) == 500
    assert card.worth(card.seller) == 585 - 500


@pytest.mark.pitfall("P18")
def test_recovers_nothing_when_the_seller_has_too_little(card, released) -> None:
    card.server.control(f"accounts/{card.seller}/pay_out")
    order = stored(instruction(released, InstructionKind.RECOVER, 400))

    with pytest.raises(errors.PayeeBalanceTooLow):
        carry(card, released, order)

    assert [each.amount_reversed for each in card.transfers(released)] == [0]


@pytest.mark.pitfall("P18")
def test_recovers_under_the_same_key_when_the_seller_has_enough_again(card, released) -> None:
    card.server.control(f"accounts/{card.seller}/pay_out")
    order = stored(instruction(released, InstructionKind.RECOVER, 400))
    with pytest.raises(errors.PayeeBalanceTooLow):
        carry(card, released, order)
    card.release(card.pay(2_000))

    done = carry(card, released, replace(order, asked_before_seconds=60))

    assert [one.fact.amount for one in done.facts] == [400]


def test_waits_while_a_bank_takes_a_refund(card) -> None:
    attempt = card.pay(1_000, method="pm_card_pendingRefund")

    done = carry(card, attempt, stored(instruction(attempt, InstructionKind.REFUND, 300)))

    assert isinstance(done, Pending)
    assert [one.stage for one in done.facts] == [FactStage.SEEN]


def test_says_so_when_a_bank_sent_a_refund_back(card) -> None:
    attempt = card.pay(1_000, method="pm_card_refundFail")
    order = stored(instruction(attempt, InstructionKind.REFUND, 300))
    card.said += carry(card, attempt, order).facts
    card.server.hurry_until(lambda: card.refunds(attempt)[0].status == "failed")

    with pytest.raises(ProviderRejected) as refusal:
        carry(card, attempt, replace(order, asked_before_seconds=60))

    (leg,) = card.hear(attempt, card.gateway.list_said(attempt)).legs
    assert refusal.value.context == {"provider_code": "refund_failed"}
    assert (leg.refunded, leg.remaining) == (0, 1_000)


def test_says_so_when_a_seller_cannot_be_paid(card) -> None:
    nobody = card.client.v1.accounts.create({"type": "express"}).id
    attempt = card.pay(1_000, account=nobody)

    with pytest.raises(ProviderRejected) as refusal:
        card.release(attempt)

    assert refusal.value.context == {"provider_code": "insufficient_capabilities_for_transfer"}


def test_refunds_nothing_when_the_bank_has_the_money(card, held) -> None:
    card.server.control("disputes", charge=held.legs[0].charge)

    with pytest.raises(ProviderRejected) as refusal:
        card.carry(card.gateway.refund(held.legs), held)

    assert refusal.value.context == {"provider_code": "charge_disputed"}


def test_moves_nothing_for_an_attempt_without_a_payment(card) -> None:
    attempt = card.start(1_000)
    order = stored(instruction(attempt, InstructionKind.REFUND, 300))

    with pytest.raises(ProviderRejected):
        carry(card, attempt, order)


def test_finds_the_charge_when_the_leg_does_not_know_it(card, held) -> None:
    unknowing = replace(held.legs[0], charge=None)
    order = stored(instruction(held, InstructionKind.RELEASE, 1_000, 25))

    done = card.gateway.carry_out(order, unknowing, held)

    assert done.facts[0].evidence["charge"] == held.legs[0].charge


def test_keeps_no_secret_as_evidence(card, released) -> None:
    card.carry(card.gateway.reimburse(released.legs[0], 400), released)
    card.server.control("disputes", charge=released.legs[0].charge)

    said = [*card.said, *card.gateway.list_said(released)]

    assert {name for one in said for name in one.evidence} <= ALLOWED_EVIDENCE
    assert not [one for one in said if "secret" in str(one.evidence)]
    assert names(said)
