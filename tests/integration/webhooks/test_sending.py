"""What comes of a delivery, by what the merchant's server answers."""

from collections import Counter

import pytest

from souk.embedded.anvil import free_port
from souk.modules.webhooks.domain import DELAYS_SECONDS, KEEP_OLD_SECONDS, MAX_FAILING, MAX_TRIES
from souk.modules.webhooks.repository.deliveries import LEASE_SECONDS
from souk.modules.webhooks.service.send import SHARE
from tests.support.merchant import Answer
from tests.support.order_builders import an_order
from tests.support.webhook_builders import (
    a_move,
    an_endpoint,
    announce,
    endpoints_on,
    is_signed,
    resends_on,
    rows,
    send_due,
    sender_on,
    the_attempts,
    the_delivery,
    the_endpoint,
)


@pytest.fixture
def order_id(uow) -> str:
    return an_order(uow).id


@pytest.fixture
def made(uow, sofia, server):
    return an_endpoint(uow, sofia, server.url)


@pytest.fixture
def sender(uow, clock):
    return sender_on(uow, clock)


@pytest.fixture
def announced(uow, made, order_id) -> None:
    announce(uow, a_move(order_id), "evt_1")


def waits(session, clock) -> float:
    """Seconds until the delivery is tried again."""
    return (the_delivery(session)["next_attempt_at"] - clock.now()).total_seconds()


def exhaust(sender, clock) -> int:
    """Let time pass until nothing is tried any more; how many attempts that were."""
    attempts = send_due(sender)
    for seconds in DELAYS_SECONDS:
        clock.advance(seconds=seconds)
        attempts += send_due(sender)
    return attempts


def test_message_is_the_one_that_was_written_and_signed(
    session, sender, server, made, announced
) -> None:
    send_due(sender)
    (hook,) = server.hooks
    assert hook.body.decode() == the_delivery(session)["body"]
    assert (hook.id, hook.headers["content-type"]) == ("evt_1", "application/json")
    assert is_signed(hook, made.secret)
    assert not is_signed(hook, "whsec_" + "b3RoZXI=" * 4)


def test_delivery_is_sent_when_the_server_says_so(session, sender, clock, announced) -> None:
    send_due(sender)
    assert (the_delivery(session)["sent_at"], the_delivery(session)["tries"]) == (clock.now(), 1)
    assert send_due(sender) == 0


@pytest.mark.pitfall("P4")
def test_delivery_is_not_sent_before_the_server_has_answered(
    session, sender, server, announced
) -> None:
    (claimed,) = sender.claim(limit=1)
    assert the_delivery(session)["sent_at"] is None
    assert server.hooks == []
    sender.send(claimed)
    assert the_delivery(session)["sent_at"] is not None


@pytest.mark.pitfall("P4")
@pytest.mark.parametrize("failures", range(MAX_TRIES))
def test_delivery_succeeds_exactly_once_when_the_server_has_failed_before(
    session, sender, server, clock, announced, failures: int
) -> None:
    server.answers = [Answer(500)] * failures
    exhaust(sender, clock)
    assert the_delivery(session)["sent_at"] is not None
    statuses = [attempt["status"] for attempt in the_attempts(session)]
    assert statuses == [500] * failures + [200]
    assert server.ids == ["evt_1"] * (failures + 1)


@pytest.mark.pitfall("P4")
def test_delivery_is_tried_again_when_the_sender_died_with_it_in_hand(
    session, sender, server, clock, announced
) -> None:
    sender.claim(limit=1)
    assert send_due(sender) == 0
    clock.advance(seconds=LEASE_SECONDS)
    assert send_due(sender) == 1
    assert (len(server.hooks), the_delivery(session)["sent_at"]) == (1, clock.now())


def test_delivery_waits_longer_each_time(session, sender, server, clock, announced) -> None:
    server.answers = [Answer(503)] * MAX_TRIES
    delays = []
    for _ in DELAYS_SECONDS:
        send_due(sender)
        delays.append(waits(session, clock))
        clock.advance(seconds=delays[-1])
    assert delays == list(DELAYS_SECONDS)


def test_delivery_is_given_up_after_its_last_try(session, sender, server, clock, announced) -> None:
    server.answers = [Answer(500)] * (MAX_TRIES + 1)
    assert exhaust(sender, clock) == MAX_TRIES
    clock.advance(days=30)
    assert send_due(sender) == 0
    assert the_delivery(session)["failed_at"] is not None
    assert the_endpoint(session)["disabled_at"] is None


@pytest.mark.parametrize(("asked", "seconds"), [("600", 600), ("1", 5), ("99999999", 86_400)])
def test_delivery_waits_as_long_as_the_server_asks_within_bounds(
    session, sender, server, clock, announced, asked: str, seconds: int
) -> None:
    server.answers = [Answer(429, b"", {"Retry-After": asked})]
    send_due(sender)
    assert waits(session, clock) == seconds


def test_attempt_says_what_the_server_answered(session, sender, server, clock, announced) -> None:
    server.answers = [Answer(400, b"caf\xe9\x00 " + b"x" * 5_000)]
    send_due(sender)
    (attempt,) = the_attempts(session)
    assert (attempt["status"], attempt["error"]) == (400, None)
    assert attempt["answer"].startswith("caf\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER} x")
    assert len(attempt["answer"]) == 500
    assert attempt["started_at"] == clock.now()
    assert attempt["took_ms"] >= 0


def test_attempt_says_why_when_there_was_no_answer(
    uow, session, sender, sofia, order_id, clock
) -> None:
    an_endpoint(uow, sofia, f"http://127.0.0.1:{free_port()}/")
    announce(uow, a_move(order_id))
    send_due(sender)
    (attempt,) = the_attempts(session)
    assert (attempt["status"], attempt["error"]) == (None, "the server could not be connected to")
    assert waits(session, clock) == DELAYS_SECONDS[0]


def test_redirect_is_no_success(session, sender, server, announced) -> None:
    server.answers = [Answer(302, b"", {"Location": server.url})]
    send_due(sender)
    assert (len(server.hooks), the_delivery(session)["sent_at"]) == (1, None)


def test_endpoint_is_disabled_when_it_is_gone(session, sender, server, clock, announced) -> None:
    server.answers = [Answer(410)]
    send_due(sender)
    assert the_endpoint(session)["disabled_reason"] == "gone"
    assert the_delivery(session)["failed_at"] == clock.now()


def test_endpoint_of_a_new_address_stays_when_the_old_one_is_gone(
    uow, session, sender, server, sofia, made, announced
) -> None:
    (claimed,) = sender.claim(limit=1)
    endpoints_on(uow).edit(sofia, made.endpoint.id, {"url": f"{server.url}/new"})
    server.answers = [Answer(410)]
    sender.send(claimed)
    assert the_endpoint(session)["disabled_reason"] is None


def test_endpoint_is_disabled_when_nothing_has_arrived_for_long(
    uow, session, sender, server, clock, order_id, announced
) -> None:
    server.answers = [Answer(500)] * 100
    exhaust(sender, clock)
    clock.advance(seconds=MAX_FAILING.total_seconds())
    announce(uow, a_move(order_id), "evt_2")
    send_due(sender)
    assert the_endpoint(session)["disabled_reason"] == "failing"


def test_endpoint_is_well_again_when_anything_has_arrived(
    uow, session, sender, server, clock, order_id, announced
) -> None:
    server.answers = [Answer(500), Answer(200), Answer(500)]
    send_due(sender)
    assert the_endpoint(session)["first_failed_at"] == clock.now()
    clock.advance(seconds=5)
    send_due(sender)
    assert the_endpoint(session)["first_failed_at"] is None
    clock.advance(seconds=MAX_FAILING.total_seconds())
    announce(uow, a_move(order_id), "evt_2")
    send_due(sender)
    assert the_endpoint(session)["disabled_at"] is None


def test_what_waits_is_sent_once_the_endpoint_is_enabled(
    uow, sender, server, sofia, made, announced
) -> None:
    endpoints_on(uow).edit(sofia, made.endpoint.id, {}, enabled=False)
    assert send_due(sender) == 0
    endpoints_on(uow).edit(sofia, made.endpoint.id, {}, enabled=True)
    assert (send_due(sender), server.ids) == (1, ["evt_1"])


def test_nothing_is_sent_to_an_endpoint_that_is_deleted(
    uow, sender, server, sofia, made, announced
) -> None:
    endpoints_on(uow).remove(sofia, made.endpoint.id)
    assert (send_due(sender), server.hooks) == (0, [])


def test_both_secrets_sign_until_the_old_one_ends(
    uow, sender, server, sofia, made, clock, order_id, announced
) -> None:
    new = endpoints_on(uow).rotate(sofia, made.endpoint.id)
    send_due(sender)
    clock.advance(seconds=KEEP_OLD_SECONDS)
    announce(uow, a_move(order_id), "evt_2")
    send_due(sender)
    during, after = server.hooks
    assert (is_signed(during, made.secret), is_signed(during, new.secret)) == (True, True)
    assert (is_signed(after, made.secret), is_signed(after, new.secret)) == (False, True)


def test_only_the_new_secret_signs_when_the_old_one_was_ended_at_once(
    uow, sender, server, sofia, made, announced
) -> None:
    new = endpoints_on(uow).rotate(sofia, made.endpoint.id, keep_old_seconds=0)
    send_due(sender)
    assert [is_signed(server.hooks[0], each) for each in (made.secret, new.secret)] == [False, True]


def test_nothing_is_sent_unsigned_when_the_secret_cannot_be_read(
    uow, session, server, clock, announced
) -> None:
    send_due(sender_on(uow, clock, key=b"o" * 32))
    assert server.hooks == []
    assert "rotate" in str(the_attempts(session)[0]["error"])
    assert the_endpoint(session)["disabled_at"] is None


def test_message_is_sent_when_only_the_old_secret_cannot_be_read(
    uow, server, sofia, made, clock, announced
) -> None:
    with uow.begin() as tx:
        tx.session.connection().exec_driver_sql(
            "UPDATE webhook_endpoint SET old_secret = 'x', old_secret_until = now() + '1 year'"
        )
        tx.commit()
    send_due(sender_on(uow, clock))
    assert is_signed(server.hooks[0], made.secret)


def test_late_answer_changes_nothing_when_another_sender_was_quicker(
    session, sender, server, clock, announced
) -> None:
    (slow,) = sender.claim(limit=1)
    clock.advance(seconds=LEASE_SECONDS)
    send_due(sender)
    sent_at = the_delivery(session)["sent_at"]
    server.answers = [Answer(410)]
    clock.advance(seconds=1)
    sender.send(slow)
    assert (the_delivery(session)["sent_at"], the_delivery(session)["failed_at"]) == (sent_at, None)
    assert [attempt["number"] for attempt in the_attempts(session)] == [1, 2]


def test_few_of_one_endpoint_are_taken_in_hand_however_many_wait(
    uow, sender, sofia, made, order_id, server
) -> None:
    other = an_endpoint(uow, sofia, f"{server.url}/other").endpoint
    for number in range(3 * SHARE):
        announce(uow, a_move(order_id), f"evt_{number}")
    claimed = Counter(delivery.endpoint_id for delivery in sender.claim(limit=100))
    assert claimed == {made.endpoint.id: SHARE, other.id: SHARE}


def test_endpoint_that_is_busy_is_left_alone(uow, sender, made, announced) -> None:
    assert sender.claim(limit=10, busy={made.endpoint.id}) == []
    assert len(sender.claim(limit=10, busy={"whe_other"})) == 1


def test_endpoint_that_fails_comes_last(uow, sender, sofia, server, made, order_id, clock) -> None:
    server.answers = [Answer(500)]
    announce(uow, a_move(order_id), "evt_1")
    send_due(sender)
    clock.advance(seconds=DELAYS_SECONDS[0])
    well = an_endpoint(uow, sofia, f"{server.url}/other").endpoint
    announce(uow, a_move(order_id), "evt_2")
    (first,) = sender.claim(limit=1)
    assert first.endpoint_id == well.id


def test_replay_sends_the_same_message_again(
    uow, session, sender, server, sofia, made, clock, announced
) -> None:
    send_due(sender)
    clock.advance(hours=1)
    resends_on(uow).replay(sofia, str(the_delivery(session)["id"]))
    assert send_due(sender) == 1
    first, second = server.hooks
    assert (first.id, first.body) == (second.id, second.body)
    stamps = [int(hook.headers["webhook-timestamp"]) for hook in server.hooks]
    assert stamps[1] - stamps[0] == 3600
    assert is_signed(second, made.secret)


def test_replay_begins_the_tries_anew_when_they_were_used_up(
    uow, session, sender, server, sofia, clock, announced
) -> None:
    server.answers = [Answer(500)] * (MAX_TRIES + 1)
    exhaust(sender, clock)
    resends_on(uow).replay(sofia, str(the_delivery(session)["id"]))
    send_due(sender)
    assert waits(session, clock) == DELAYS_SECONDS[0]
    clock.advance(seconds=DELAYS_SECONDS[0])
    send_due(sender)
    assert the_delivery(session)["sent_at"] == clock.now()
    assert [attempt["number"] for attempt in the_attempts(session)] == list(range(1, MAX_TRIES + 3))


def test_ping_is_sent_whatever_the_endpoint_asked_for(uow, session, sender, server, sofia) -> None:
    made = an_endpoint(uow, sofia, server.url, ["payment.created"])
    resends_on(uow).ping(sofia, made.endpoint.id)
    send_due(sender)
    assert (the_delivery(session)["type"], len(server.hooks)) == ("endpoint.ping", 1)
    assert is_signed(server.hooks[0], made.secret)


def test_log_keeps_no_secret(uow, session, sender, made, announced) -> None:
    send_due(sender)
    written = str(
        rows(session, "SELECT * FROM webhook_delivery JOIN webhook_attempt ON delivery_id = id")
    )
    assert made.secret.removeprefix("whsec_") not in written
