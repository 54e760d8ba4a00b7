"""Whatever goes wrong at Stripe, and whenever: an error of ours, and one effect in the end."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing import get_context

import pytest

from souk.core.errors import OutcomeUnknown, ProviderRejected, ProviderUnavailable
from souk.modules.payments.domain import Executed, Instruction, InstructionKind, NeedsBrowser
from souk.modules.payments.ports import Payer
from tests.support.card_rail import CardRail, stored
from tests.support.waiting import eventually

OURS = (ProviderUnavailable, ProviderRejected, OutcomeUnknown)
FAULTS = [
    "timeout_before_effect",
    "timeout_after_effect",
    "server_error",
    "server_error_after_effect",
    "rate_limit",
]
ANYBODY = Payer(account_id="acc_1")
IMPATIENT, LATE = 0.1, 250


@dataclass
class Write:
    """One thing that we have Stripe do: how it is asked for, `seconds` after the first time, and
    how often it was done."""

    path: str
    act: Callable[[object, float | None], object]
    count: Callable[[], int]


def found(card, attempt) -> list:
    query = f"metadata['attempt']:'{attempt.id}'"
    return card.client.v1.payment_intents.search({"query": query}).data


def preparing(card: CardRail) -> Write:
    attempt = card.start(1_000)
    return Write(
        "/v1/payment_intents",
        lambda gateway, _: gateway.prepare_payment(attempt, ANYBODY),
        lambda: len(found(card, attempt)),
    )


def cancelling(card: CardRail) -> Write:
    attempt, _ = card.prepare(card.start(1_000))
    return Write(
        f"/v1/payment_intents/{attempt.provider_reference}/cancel",
        lambda gateway, _: gateway.cancel_payment(attempt),
        lambda: [each.status for each in found(card, attempt)].count("canceled"),
    )


def carrying(
    card: CardRail, kind: InstructionKind, path: str, count: Callable[..., int], *, released: bool
) -> Write:
    attempt = card.pay(1_000)
    if released:
        attempt = card.release(attempt)
        path = path.format(*(each.id for each in card.transfers(attempt)))
    (leg,) = attempt.legs
    order = stored(Instruction(leg_id=leg.id, kind=kind, amount=300))
    return Write(
        path,
        lambda gateway, asked: gateway.carry_out(
            replace(order, asked_before_seconds=asked), leg, attempt
        ),
        lambda: count(attempt),
    )


def releasing(card: CardRail) -> Write:
    return carrying(
        card,
        InstructionKind.RELEASE,
        "/v1/transfers",
        lambda attempt: len(card.transfers(attempt)),
        released=False,
    )


def refunding(card: CardRail) -> Write:
    return carrying(
        card,
        InstructionKind.REFUND,
        "/v1/refunds",
        lambda attempt: len(card.refunds(attempt)),
        released=False,
    )


def reimbursing(card: CardRail) -> Write:
    return carrying(
        card,
        InstructionKind.REIMBURSE,
        "/v1/refunds",
        lambda attempt: len(card.refunds(attempt)),
        released=True,
    )


def recovering(card: CardRail) -> Write:
    return carrying(
        card,
        InstructionKind.RECOVER,
        "/v1/transfers/{}/reversals",
        lambda attempt: sum(len(each.reversals.data) for each in card.transfers(attempt)),
        released=True,
    )


WRITES = [preparing, cancelling, releasing, refunding, reimbursing, recovering]


def repeat(card: CardRail, write: Write) -> object:
    """Ask again as the service does: soon, and if that says nothing, when a day is over and Stripe
    has forgotten the key."""
    card.clock.advance(seconds=60)
    try:
        return write.act(card.gateway, 60)
    except OURS:
        card.clock.advance(hours=25)
        card.server.control("keys/forget")
        return write.act(card.gateway, 25 * 3_600)


def let_late_ones_arrive(card: CardRail) -> None:
    """What was held up is answered in turn: whatever began before this is over after it."""
    card.server.control("faults", kind="timeout_before_effect", on="/v1/balance", milliseconds=LATE)
    card.client.v1.balance.retrieve()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("writing", WRITES)
def test_has_one_effect_when_stripe_fails(card, writing, fault) -> None:
    write = writing(card)
    card.server.control("faults", kind=fault, on=write.path, milliseconds=LATE)

    with pytest.raises(OURS):
        write.act(card.a_gateway(IMPATIENT), None)
    repeat(card, write)

    if fault.startswith("timeout"):
        let_late_ones_arrive(card)
    assert write.count() == 1


@pytest.mark.parametrize("writing", WRITES)
def test_says_that_nothing_happened_only_when_that_is_sure(card, writing) -> None:
    write = writing(card)
    card.server.control("faults", kind="server_error_after_effect", on=write.path)

    with pytest.raises(OutcomeUnknown):
        write.act(card.gateway, None)

    assert write.count() == 1


@pytest.mark.pitfall("P8")
def test_finds_the_payment_when_stripe_has_forgotten_the_key(card) -> None:
    attempt = card.start(1_000)
    _, first = card.prepare(attempt)
    card.server.control("keys/forget")
    card.clock.advance(hours=25)

    _, again = card.prepare(attempt)

    assert again == first
    assert len(found(card, attempt)) == 1


@pytest.mark.pitfall("P8")
def test_calls_off_what_it_finds_when_stripe_has_forgotten_the_key(card) -> None:
    attempt = card.start(1_000)
    card.prepare(attempt)
    card.server.control("keys/forget")
    card.clock.advance(hours=25)

    card.gateway.cancel_payment(attempt)

    assert [each.status for each in found(card, attempt)] == ["canceled"]


def test_asks_for_nothing_to_call_off_when_a_day_has_passed(card) -> None:
    attempt = card.start(1_000)
    card.clock.advance(hours=25)

    outcome = card.gateway.cancel_payment(attempt)

    assert outcome == Executed(attempt.id)
    assert found(card, attempt) == []


@pytest.mark.pitfall("P9")
def test_makes_one_intent_when_the_process_was_killed_before_the_answer(card) -> None:
    attempt = card.start(1_000)
    before = card.server.happened("timeout_after_effect")
    card.server.control(
        "faults", kind="timeout_after_effect", on="/v1/payment_intents", milliseconds=60_000
    )
    process = get_context("fork").Process(
        target=lambda: card.a_gateway().prepare_payment(attempt, ANYBODY)
    )
    process.start()
    eventually(lambda: card.server.happened("timeout_after_effect") > before, seconds=30)
    process.kill()
    process.join()

    outcome = card.gateway.prepare_payment(attempt, ANYBODY)

    assert isinstance(outcome, NeedsBrowser)
    assert [each.id for each in found(card, attempt)] == [outcome.reference]
