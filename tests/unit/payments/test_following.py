"""What became of a transaction that a payer handed in, and what follows from it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from souk.modules.payments.domain import ATTEMPT_TRANSITIONS, AttemptStatus
from souk.modules.payments.domain.following import (
    Fate,
    Inclusion,
    SentTransaction,
    Trail,
    fate_of,
    next_status,
    sentence,
)
from tests.support.account_builders import a_wallet
from tests.support.clock import START

OUR_REF, OTHER_REF = "0x" + "ab" * 32, "0x" + "cd" * 32
ENDED = [fate for fate in Fate if fate is not Fate.OPEN]


def sent(*, succeeded: bool | None = None, about: str = OUR_REF) -> SentTransaction:
    """A transaction about an order; without an outcome it waits."""
    inclusion = None
    if succeeded is not None:
        inclusion = Inclusion(
            block_number=7, block_hash="0x07", succeeded=succeeded, gas_used=50_000
        )
    return SentTransaction(
        sender=a_wallet("bruno").address,
        nonce=5,
        to=a_wallet("escrow").address,
        data=b"call" + bytes.fromhex(about[2:]) + b"more",
        value=0,
        gas=100_000,
        inclusion=inclusion,
    )


SEEN = Trail(sender=a_wallet("bruno").address, nonce=5, known_at=START)
NEVER_SEEN = Trail(sender=None, nonce=None, known_at=START)


def fate(one: SentTransaction | None, trail: Trail = SEEN, **changes) -> Fate:
    fields = {"refs": [OTHER_REF[:-2] + "00", OUR_REF], "counts": True, "used": 0, "now": START}
    return fate_of(one, trail, **{**fields, **changes})


def test_waits_while_the_transaction_waits_for_a_block() -> None:
    assert fate(sent(), used=6, now=START + timedelta(days=1)) is Fate.OPEN


@pytest.mark.parametrize("succeeded", [True, False])
def test_waits_while_its_block_does_not_count(succeeded) -> None:
    assert fate(sent(succeeded=succeeded), counts=False) is Fate.OPEN


def test_knows_that_the_payment_was_reverted() -> None:
    assert fate(sent(succeeded=False)) is Fate.REVERTED


def test_knows_that_it_went_through_and_paid_nothing() -> None:
    assert fate(sent(succeeded=True)) is Fate.IDLE


@pytest.mark.parametrize("succeeded", [True, False])
def test_concludes_nothing_from_a_transaction_about_something_else(succeeded) -> None:
    assert fate(sent(succeeded=succeeded, about=OTHER_REF)) is Fate.FOREIGN


@pytest.mark.parametrize(("used", "expected"), [(5, Fate.OPEN), (6, Fate.REPLACED)])
def test_knows_that_another_took_its_place_when_its_nonce_is_used(used, expected) -> None:
    assert fate(None, used=used) is expected


@pytest.mark.parametrize("trail", [SEEN, NEVER_SEEN])
@pytest.mark.parametrize(("seconds", "expected"), [(299, Fate.OPEN), (300, Fate.FORGOTTEN)])
def test_gives_it_up_when_nobody_has_known_it_for_five_minutes(trail, seconds, expected) -> None:
    assert fate(None, trail, now=START + timedelta(seconds=seconds)) is expected


def test_counts_nobodys_nonces_for_a_transaction_that_was_never_seen() -> None:
    assert fate(None, NEVER_SEEN, used=10) is Fate.OPEN


@pytest.mark.parametrize("ended", ENDED)
def test_lets_the_payer_sign_again_whatever_became_of_it(ended) -> None:
    status = next_status(ended)

    again = status, *ATTEMPT_TRANSITIONS[status]
    assert status in ATTEMPT_TRANSITIONS[AttemptStatus.SUBMITTED]
    assert AttemptStatus.AWAITING_PAYER in again
    assert AttemptStatus.CONFIRMING in ATTEMPT_TRANSITIONS[status]


@pytest.mark.parametrize("ended", ENDED)
def test_fails_only_by_a_transaction_about_our_orders(ended) -> None:
    failed = next_status(ended) is AttemptStatus.FAILED

    assert failed is (ended in (Fate.REVERTED, Fate.IDLE))


@pytest.mark.parametrize("ended", ENDED)
def test_says_what_to_do_now(ended) -> None:
    assert "can be signed again" in sentence(ended)


def test_finds_an_order_however_the_call_is_wrapped() -> None:
    wrapped = replace(sent(), to=None, data=b"\x00" * 3 + bytes.fromhex(OUR_REF[2:]))

    assert wrapped.carries([OUR_REF])
    assert not wrapped.carries([OTHER_REF])
    assert not wrapped.carries([])
