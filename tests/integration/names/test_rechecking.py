"""Looking again at the names that stores show."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from souk.modules.names import repository
from souk.modules.names.service.recheck import EVERY
from tests.support.account_builders import a_wallet
from tests.support.events import published
from tests.support.fake_names import a_name
from tests.support.seller_builders import a_seller, sellers_on

SOFIA = a_wallet("sofia").address
MALLORY = a_wallet("mallory").address
NAME = "fig.eth"


@pytest.fixture
def store(uow, chain, verifications):
    """Shows a name that expires in ten days."""
    opened = a_seller(uow, "sofia")
    chain.names[NAME] = a_name(SOFIA, days=10, now=chain.now)
    verifications.verify(opened.principal, NAME)
    return opened


@pytest.fixture
def later(clock, chain):
    """Let time pass everywhere."""

    def pass_time(**span: float) -> None:
        clock.advance(**span)
        chain.now += timedelta(**span)

    return pass_time


def of(uow, store):
    with uow.begin() as tx:
        return sellers_on(uow).get(tx, store.id)


def lost(session) -> list[str]:
    return [event["reason"] for event in published(session, "ens.name_lost")]


def test_check_looks_at_nothing_before_a_day_has_passed(rechecks, chain, store, later):
    later(hours=23)
    asked = chain.asked

    assert (rechecks.check_due(), chain.asked) == (0, asked)


def test_check_keeps_a_name_that_holds(rechecks, uow, session, store, later):
    later(hours=24)

    assert (rechecks.check_due(), rechecks.check_due()) == (1, 0)
    assert (of(uow, store).ens_name, lost(session)) == (NAME, [])


@pytest.mark.pitfall("A10")
def test_check_takes_the_name_away_as_soon_as_it_expires(rechecks, uow, session, store, later):
    later(days=9, hours=12)
    assert rechecks.check_due() == 1

    later(hours=12)
    rechecks.check_due()

    assert (of(uow, store).ens_name, lost(session)) == (None, ["expired"])
    assert session.execute(text("SELECT lost_reason FROM ens_verifications")).scalar() == "expired"


def test_what_is_over_is_looked_at_before_what_has_waited_longer(uow, verifications, chain, later):
    """However many wait for a chain that is away, they keep nothing behind them."""
    for owner, days in (("petra", 100), ("rosa", 2)):
        other = a_seller(uow, owner)
        chain.names[f"{owner}.eth"] = a_name(a_wallet(owner).address, days=days, now=chain.now)
        verifications.verify(other.principal, f"{owner}.eth")
        later(minutes=1)
    later(days=3)

    with uow.begin() as tx:
        due = repository.list_due(tx, EVERY, 1)

    assert [one.name for one in due] == ["rosa.eth"]


def test_check_keeps_a_name_that_was_renewed(rechecks, chain, uow, session, store, later):
    later(days=9)
    chain.names[NAME].until += timedelta(days=365)

    later(days=2)
    rechecks.check_due()

    assert (of(uow, store).ens_name, rechecks.check_due()) == (NAME, 0)


def test_check_takes_the_name_away_when_it_stands_for_another(
    rechecks, chain, uow, session, store, later
):
    later(days=1)
    chain.names[NAME].address = MALLORY

    rechecks.check_due()

    assert (of(uow, store).ens_name, lost(session)) == (None, ["repointed"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda name: setattr(name, "address", None), "no_address"),
        (lambda name: setattr(name, "off_chain", True), "repointed"),
    ],
)
def test_check_takes_the_name_away_when_it_stands_for_nobody(
    rechecks, chain, uow, session, store, later, change, reason
):
    later(days=1)
    change(chain.names[NAME])

    rechecks.check_due()

    assert (of(uow, store).ens_name, lost(session)) == (None, [reason])


def test_check_keeps_a_name_while_gateways_say_the_same(
    rechecks, chain, uow, session, store, later
):
    later(days=1)
    chain.names[NAME].off_chain, chain.names[NAME].elsewhere = True, SOFIA
    rechecks.check_due()
    assert of(uow, store).ens_name == NAME

    later(days=1)
    chain.names[NAME].elsewhere = MALLORY
    rechecks.check_due()
    assert (of(uow, store).ens_name, lost(session)) == (None, ["repointed"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda above: setattr(above, "below", MALLORY), "repointed"),
        (lambda above: setattr(above, "below", None), "not_held"),
        (lambda above: setattr(above, "until", above.until - timedelta(days=60)), "expired"),
    ],
)
def test_check_takes_away_a_name_that_nobody_holds_with_what_answers_for_it(
    rechecks, verifications, chain, uow, session, store, later, change, reason
):
    chain.names["olives.eth"] = a_name(MALLORY, days=50, now=chain.now)
    chain.names["olives.eth"].below = SOFIA
    verifications.verify(store.principal, "fig.olives.eth")
    later(days=1)
    rechecks.check_due()
    assert of(uow, store).ens_name == "fig.olives.eth"

    later(days=1)
    change(chain.names["olives.eth"])
    rechecks.check_due()

    assert (of(uow, store).ens_name, lost(session)) == (None, [reason])


@pytest.mark.parametrize(
    "change", ["DELETE FROM wallet WHERE address = :a", "UPDATE wallet SET chain_id = 1"]
)
def test_check_takes_the_name_away_when_its_wallet_is_proved_no_more(
    rechecks, uow, session, store, later, change
):
    later(days=1)
    with uow.begin() as tx:
        tx.session.execute(text(change), {"a": SOFIA} if ":a" in change else {})
        tx.commit()

    rechecks.check_due()

    assert (of(uow, store).ens_name, lost(session)) == (None, ["wallet_gone"])


def test_check_makes_the_profile_another_version(rechecks, chain, session, store, later):
    query = text("SELECT version FROM seller WHERE id = :id")
    before = session.execute(query, {"id": store.id}).scalar_one()
    later(days=1)
    chain.names[NAME].address = MALLORY

    rechecks.check_due()

    assert session.execute(query, {"id": store.id}).scalar_one() == before + 1


def test_check_keeps_the_name_while_the_chain_is_away(rechecks, chain, uow, session, store, later):
    later(days=5)
    chain.away = True

    assert rechecks.check_due() == 0
    assert (of(uow, store).ens_name, lost(session)) == (NAME, [])


@pytest.mark.pitfall("A10")
def test_check_takes_the_name_away_when_its_time_is_over_and_the_chain_is_away(
    rechecks, chain, uow, session, store, later
):
    later(days=10)
    chain.away = True

    rechecks.check_due()

    assert (of(uow, store).ens_name, lost(session)) == (None, ["expired"])


@pytest.mark.pitfall("A10")
def test_check_takes_the_name_away_when_its_time_is_over_and_the_node_has_stopped(
    rechecks, clock, uow, session, store
):
    clock.advance(days=10)

    rechecks.check_due()

    assert (of(uow, store).ens_name, lost(session)) == (None, ["expired"])


def test_check_is_harmless_the_second_time(rechecks, chain, session, store, later):
    later(days=1)
    chain.names[NAME].address = MALLORY

    assert (rechecks.check_due(), rechecks.check_due()) == (1, 0)
    assert lost(session) == ["repointed"]
