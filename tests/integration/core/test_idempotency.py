"""Idempotency keys: who asked what, and the answer for whoever asks again."""

from collections import Counter

import pytest

from souk.core.idempotency import (
    KEEP_DAYS,
    LOCK_SECONDS,
    NO_RECEIPT,
    Idempotency,
    IdempotencyKeyReused,
    Receipt,
    Replay,
    RequestInFlight,
    fingerprint,
)
from tests.support.threads import at_once


@pytest.fixture
def keys(committing_uow):
    return Idempotency(committing_uow)


def enter(keys, **changes):
    asked = {"principal_id": "acc_1", "route": "POST /api/things", "key": "k", "fingerprint": "f"}
    return keys.enter(**{**asked, **changes})


def answer(uow, request_key, result="thing"):
    with uow.begin() as tx:
        Receipt(request_key, 201, lambda found: {"made": found}).store(tx, result)
        tx.commit()


def test_enter_gives_a_request_key_when_the_key_is_fresh(keys):
    assert enter(keys).startswith("req_")


def test_enter_replays_the_answer_when_there_is_one(keys, committing_uow):
    answer(committing_uow, enter(keys))
    assert enter(keys) == Replay(201, '{"made":"thing"}')


def test_enter_says_in_flight_when_the_first_run_may_still_go_on(keys, clock):
    enter(keys)
    clock.advance(seconds=10)
    with pytest.raises(RequestInFlight) as refused:
        enter(keys)
    assert refused.value.retry_after_seconds == LOCK_SECONDS - 10 + 1


def test_enter_gives_the_same_request_key_when_the_first_run_died(keys, clock):
    first = enter(keys)
    clock.advance(seconds=LOCK_SECONDS)
    assert enter(keys) == first


def test_enter_holds_the_key_again_when_it_was_re_entered(keys, clock):
    enter(keys)
    clock.advance(seconds=LOCK_SECONDS)
    enter(keys)
    with pytest.raises(RequestInFlight):
        enter(keys)


@pytest.mark.pitfall("P15")
def test_enter_refuses_when_the_key_was_used_for_another_body(keys, committing_uow):
    answer(committing_uow, enter(keys))
    with pytest.raises(IdempotencyKeyReused):
        enter(keys, fingerprint="another")


@pytest.mark.pitfall("P15")
@pytest.mark.parametrize("changes", [{"principal_id": "acc_2"}, {"route": "POST /api/others"}])
def test_enter_shows_no_answer_of_another_when_the_keys_are_equal(keys, committing_uow, changes):
    answer(committing_uow, enter(keys), "mine")
    theirs = enter(keys, **changes)
    assert isinstance(theirs, str)
    answer(committing_uow, theirs, "theirs")
    assert [enter(keys), enter(keys, **changes)] == [
        Replay(201, '{"made":"mine"}'),
        Replay(201, '{"made":"theirs"}'),
    ]


def test_enter_lets_one_in_when_twenty_come_at_once(keys):
    answers = at_once(20, lambda _number: enter(keys))
    assert Counter(type(found) for found in answers) == {str: 1, RequestInFlight: 19}


def test_release_lets_the_same_request_in_at_once(keys):
    first = enter(keys)
    keys.release(first)
    assert enter(keys) == first


def test_release_changes_nothing_when_the_answer_is_stored(keys, committing_uow):
    request_key = enter(keys)
    answer(committing_uow, request_key)
    keys.release(request_key)
    assert enter(keys).status == 201


def test_store_leaves_nothing_when_the_use_case_rolls_back(keys, committing_uow, clock):
    request_key = enter(keys)
    with committing_uow.begin() as tx:
        Receipt(request_key).store(tx, "thing")
    clock.advance(seconds=LOCK_SECONDS)
    assert enter(keys) == request_key


def test_store_does_nothing_when_there_is_no_key(keys, committing_uow, clock):
    request_key = enter(keys)
    with committing_uow.begin() as tx:
        NO_RECEIPT.store(tx, "thing")
        tx.commit()
    clock.advance(seconds=LOCK_SECONDS)
    assert enter(keys) == request_key


def test_forget_expired_frees_the_key_when_its_time_is_over(keys, clock):
    first = enter(keys)
    assert keys.forget_expired() == 0
    clock.advance(days=KEEP_DAYS, seconds=1)
    assert keys.forget_expired() == 1
    assert enter(keys) != first


def test_enter_starts_anew_when_the_key_expired_between_its_statements(committing_uow, clock):
    class Interrupted(Idempotency):
        """The cleaner runs just after the insert has met the old row."""

        def _insert(self, *asked):
            found = super()._insert(*asked)
            if found is None:
                at_once(1, lambda _number: Idempotency(committing_uow).forget_expired())
            return found

    first = enter(Idempotency(committing_uow))
    clock.advance(days=KEEP_DAYS, seconds=1)
    assert enter(Interrupted(committing_uow)) not in (first, None)


def test_fingerprint_ignores_key_order_and_tells_bodies_apart():
    one = fingerprint("POST", "/a", {"x": 1, "y": "\ud800"})
    assert one == fingerprint("POST", "/a", {"y": "\ud800", "x": 1})
    others = [("PUT", "/a", {"x": 1}), ("POST", "/b", {"x": 1}), ("POST", "/a", {"x": 2})]
    assert len({one, *(fingerprint(*other) for other in others)}) == 4
