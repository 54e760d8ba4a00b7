"""Looking at a name once more, and following from that where its store's money may go."""

from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import text

from souk.adapters.ens.prompt import PromptNames
from souk.core.transaction_guard import ProviderCallInTransaction
from souk.modules.accounts.errors import StepUpRequired
from souk.modules.names.domain import Fault, LostName
from souk.modules.names.service import LastLooks
from souk.modules.sellers.domain import SellersConfig
from souk.modules.sellers.errors import PayoutsCoolingOff
from tests.support.account_builders import a_message, a_wallet, accounts_on, an_account
from tests.support.events import published
from tests.support.fake_names import a_name
from tests.support.name_builders import (
    a_named_seller,
    judge_on,
    last_looks_on,
    shown_at,
    verifications_on,
)
from tests.support.seller_builders import a_seller, sellers_on

NAME = "fig.eth"
SECOND = a_wallet("sofia's second")
MALLORY = a_wallet("mallory")


@pytest.fixture
def looks(uow, chain) -> LastLooks:
    return last_looks_on(uow, chain)


@pytest.fixture
def store(uow, chain):
    return a_named_seller(uow, chain, "sofia", NAME)


def stale(uow, looks, *stores):
    with uow.begin() as tx:
        return looks.list_stale(tx, [store.id for store in stores])


def look(uow, looks, *stores):
    return looks.look(stale(uow, looks, *stores))


def lose(uow, clock, chain, looks, store, **change):
    """The name is changed and looked at a minute later; when that was."""
    clock.advance(minutes=1)
    for field, value in (change or {"address": MALLORY.address}).items():
        setattr(chain.names[NAME], field, value)
    assert look(uow, looks, store)
    return clock.now()


def move_payout(uow, store):
    """Have the store paid to another wallet of its owner's, who has just proved who they are."""
    accounts, sellers = accounts_on(uow), sellers_on(uow)
    message = a_message(accounts.issue_nonce(), SECOND).render()
    accounts.add_wallet(an_account(uow, "sofia"), message, SECOND.sign(message))
    changes = {"payout_wallet": SECOND.address}
    return sellers.edit(an_account(uow, "sofia"), store.id, changes, version=version_of(uow, store))


def version_of(uow, store):
    with uow.begin() as tx:
        query = text("SELECT version FROM seller WHERE id = :id")
        return tx.session.execute(query, {"id": store.id}).scalar_one()


def test_name_that_was_looked_at_a_moment_ago_is_not_looked_at_again(
    uow, chain, clock, looks, store
):
    clock.advance(seconds=59)
    asked = chain.asked

    assert (look(uow, looks, store), chain.asked) == ([], asked)


def test_name_that_holds_is_looked_at_once_a_minute(uow, chain, clock, looks, store):
    clock.advance(minutes=1)
    asked = chain.asked

    assert [look(uow, looks, store) for _ in range(3)] == [[], [], []]
    assert (chain.asked, shown_at(uow, store.id)) == (asked + 1, NAME)


@pytest.mark.pitfall("A10")
def test_name_that_does_not_hold_is_lost_in_that_moment(uow, chain, clock, session, looks, store):
    chain.names[NAME].address = MALLORY.address
    clock.advance(minutes=1)

    assert look(uow, looks, store) == [LostName(store.id, NAME, Fault.REPOINTED)]
    assert shown_at(uow, store.id) is None
    assert [one["reason"] for one in published(session, "ens.name_lost")] == ["repointed"]
    assert look(uow, looks, store) == []


def test_each_store_is_looked_at_by_itself(uow, chain, clock, looks, store):
    other = a_named_seller(uow, chain, "mallory", "olive.eth")
    unnamed = a_seller(uow, "bob")
    chain.names[NAME].address = MALLORY.address
    clock.advance(minutes=1)
    asked = chain.asked

    assert look(uow, looks, store, other, unnamed) == [LostName(store.id, NAME, Fault.REPOINTED)]
    assert (chain.asked, shown_at(uow, other.id)) == (asked + 2, "olive.eth")


def test_name_that_another_has_found_out_about_counts_as_lost(uow, chain, clock, looks, store):
    chain.names[NAME].address = MALLORY.address
    clock.advance(minutes=1)
    found = stale(uow, looks, store)

    expected = [LostName(store.id, NAME, Fault.REPOINTED)]

    assert [looks.look(found), looks.look(found)] == [expected, expected]


def test_name_that_its_seller_has_replaced_meanwhile_is_not_lost(uow, chain, clock, looks, store):
    clock.advance(minutes=1)
    found = stale(uow, looks, store)
    chain.names["olive.eth"] = a_name(a_wallet("sofia").address)
    verifications_on(uow, chain).verify(store.principal, "olive.eth")

    assert (looks.look(found), shown_at(uow, store.id)) == ([], "olive.eth")


def test_name_is_kept_while_the_chain_is_away(uow, chain, clock, looks, store):
    clock.advance(minutes=1)
    chain.away = True

    assert (look(uow, looks, store), shown_at(uow, store.id)) == ([], NAME)


def test_name_is_kept_while_its_gateway_is_silent(uow, chain, clock, looks, store):
    chain.names[NAME].off_chain, chain.names[NAME].elsewhere = True, store.principal.wallets[0]
    verifications_on(uow, chain).verify(store.principal, NAME)
    clock.advance(minutes=1)
    chain.names[NAME].elsewhere = None

    assert (look(uow, looks, store), shown_at(uow, store.id)) == ([], NAME)


@pytest.mark.pitfall("A10")
def test_name_is_lost_when_it_leads_to_a_gateway_that_is_silent_from_the_beginning(
    uow, chain, clock, session, looks, store
):
    """So does whoever has taken a name and wants the store to keep it."""
    clock.advance(minutes=1)
    chain.names[NAME].off_chain = True

    assert look(uow, looks, store) == [LostName(store.id, NAME, Fault.REPOINTED)]
    assert sellers_frozen(uow, store) is not None


def test_name_is_not_lost_by_what_an_older_block_says(uow, chain, clock, looks, store):
    """A node that lags behind the one that was asked before."""
    chain.number, chain.names[NAME].address = chain.number - 1, None
    clock.advance(minutes=1)

    assert (look(uow, looks, store), shown_at(uow, store.id)) == ([], NAME)


def test_payouts_are_not_frozen_when_an_end_is_only_remembered(uow, chain, clock, looks, store):
    """The name may have been renewed while nobody could be asked."""
    chain.away = True
    clock.advance(days=366)

    assert look(uow, looks, store) == [LostName(store.id, NAME, Fault.EXPIRED)]
    assert sellers_frozen(uow, store) is None


def test_another_name_is_put_in_its_place_by_nobody_who_has_only_a_token(uow, chain, store):
    chain.names["evil.eth"] = a_name(chain.names[NAME].address, now=chain.now)
    owner = store.proved()
    with uow.begin() as tx:
        accounts_on(uow).require_step_up(tx, owner)
        tx.commit()

    with pytest.raises(StepUpRequired):
        verifications_on(uow, chain).verify(owner, "evil.eth")

    assert shown_at(uow, store.id) == NAME


def test_name_is_looked_up_off_chain(uow, chain, clock, looks, store):
    clock.advance(minutes=1)
    chain.names[NAME].off_chain = True
    chain.names[NAME].elsewhere = MALLORY.address

    assert look(uow, looks, store) == [LostName(store.id, NAME, Fault.REPOINTED)]


def test_name_is_kept_where_no_chain_is_served(uow, clock, store):
    clock.advance(minutes=1)

    assert look(uow, last_looks_on(uow), store) == []
    assert shown_at(uow, store.id) == NAME


@pytest.mark.pitfall("A10")
def test_name_is_lost_when_its_time_is_over_and_the_chain_is_away(uow, chain, clock, looks, store):
    clock.advance(days=366)
    chain.away = True

    assert look(uow, looks, store) == [LostName(store.id, NAME, Fault.EXPIRED)]


class Hanging:
    """A `NameService` that takes the question and answers when it is let go."""

    def __init__(self) -> None:
        self.going_on = Event()

    def look(self, name, *, off_chain):
        self.going_on.wait(timeout=30)
        raise AssertionError("nobody waits for this any more")


def test_name_is_kept_when_the_chain_is_slow(uow, clock, store):
    chain = Hanging()
    clock.advance(minutes=1)

    try:
        assert look(uow, LastLooks(judge_on(uow), PromptNames(chain, seconds=0.05)), store) == []
    finally:
        chain.going_on.set()
    assert shown_at(uow, store.id) == NAME


def test_nothing_is_looked_up_while_a_transaction_is_open(uow, chain):
    with uow.begin(), pytest.raises(ProviderCallInTransaction):
        PromptNames(chain).look_all([NAME])


@pytest.mark.pitfall("A10")
@pytest.mark.parametrize(
    "change",
    [{"address": MALLORY.address}, {"address": None}, {"until": None}],
)
def test_payouts_are_frozen_for_three_days_when_a_name_is_lost(
    uow, chain, clock, session, looks, store, change
):
    if "until" in change:
        change = {"until": chain.now}
    lost_at = lose(uow, clock, chain, looks, store, **change)

    with pytest.raises(PayoutsCoolingOff) as refusal:
        move_payout(uow, store)

    assert refusal.value.context["frozen_until"] == "2026-03-04T12:01:00.000Z"
    assert lost_at + timedelta(hours=72) == sellers_frozen(uow, store)
    (lost,) = published(session, "ens.name_lost")
    assert lost["payout_frozen_until"] == refusal.value.context["frozen_until"]


def sellers_frozen(uow, store):
    with uow.begin() as tx:
        return sellers_on(uow).get(tx, store.id).payout_frozen_until


def test_all_else_of_a_store_is_edited_while_its_payouts_are_frozen(
    uow, chain, clock, looks, store
):
    lose(uow, clock, chain, looks, store)
    changes = {"bio": "Olives.", "payout_wallet": a_wallet("sofia").address}
    version = version_of(uow, store)

    edited = sellers_on(uow).edit(store.principal, store.id, changes, version=version)

    assert edited.profile.bio == "Olives."


def test_payouts_are_free_again_after_three_days(uow, chain, clock, looks, store):
    lose(uow, clock, chain, looks, store)
    clock.advance(hours=72)

    assert move_payout(uow, store).profile.payout_wallet == SECOND.address


def test_payouts_are_not_frozen_when_a_name_is_replaced(uow, chain, store):
    chain.names["olive.eth"] = a_name(a_wallet("sofia").address)
    verifications_on(uow, chain).verify(store.principal, "olive.eth")

    assert move_payout(uow, store).profile.payout_wallet == SECOND.address


def test_payouts_are_not_frozen_when_the_names_wallet_was_taken_from_the_account(
    uow, chain, clock, session, looks, store
):
    chain.names["olive.eth"] = a_name(SECOND.address, now=chain.now)
    accounts = accounts_on(uow)
    signed = a_message(accounts.issue_nonce(), SECOND).render()
    accounts.add_wallet(an_account(uow, "sofia"), signed, SECOND.sign(signed))
    verifications_on(uow, chain).verify(store.proved(), "olive.eth")
    sellers_on(uow).remove_wallet(an_account(uow, "sofia"), SECOND.address)
    clock.advance(minutes=1)

    assert look(uow, looks, store) == [LostName(store.id, "olive.eth", Fault.WALLET_GONE)]
    assert sellers_frozen(uow, store) is None


def test_payouts_are_not_frozen_where_the_installation_wants_it_so(uow):
    store = a_seller(uow, "sofia")
    sellers = sellers_on(uow, payout_freeze=timedelta(0))

    with uow.begin() as tx:
        assert sellers.lose_name(tx, store.id, freeze=True) is None
    assert SellersConfig().payout_freeze == timedelta(hours=72)
