"""The accounts by which sellers are paid by card."""

from dataclasses import replace

import httpx
import pytest

from souk.core.errors import ProviderUnavailable
from souk.core.principal import KeyLacksScope, NotYours, Scope
from souk.modules.accounts.errors import StepUpRequired
from souk.modules.sellers.domain import SellerStatus
from souk.modules.sellers.errors import PayoutsCoolingOff, PayoutsFrozen
from tests.support.account_builders import a_wallet, an_account
from tests.support.fake_names import FakeNameService
from tests.support.name_builders import a_named_seller, last_looks_on, shown_at
from tests.support.payment_builders import a_shop, payments_on
from tests.support.seller_builders import sellers_on, staff


@pytest.fixture
def seller_id(shop) -> str:
    """A store that has no account there yet."""
    other = a_shop(shop.uow, sellers=["stella"])
    return str(other.checkout.orders[0].seller_id)


def test_opens_one_account_however_often_it_is_asked(shop, seller_id) -> None:
    opened, again = (shop.payments.open_payee(shop.seller("stella"), seller_id) for _ in range(2))

    assert (opened.ready, again.reference, again.ready) == (False, opened.reference, False)


def test_says_that_the_seller_can_be_paid_once_the_papers_are_in_order(shop, seller_id) -> None:
    stella = shop.seller("stella")
    before = shop.payments.is_payee_ready(stella, seller_id)
    opened = shop.payments.open_payee(stella, seller_id)
    meanwhile = shop.payments.is_payee_ready(stella, seller_id)
    httpx.post(opened.onboarding_url)

    found = shop.payments.is_payee_ready(stella, seller_id)

    kept = "SELECT ready FROM payee_account WHERE seller_id = :seller"
    assert (before, meanwhile, found) == (False, False, True)
    assert shop.sees.read(kept, seller=seller_id) is True


@pytest.mark.pitfall("A6")
def test_tells_nobody_where_to_enter_a_bank_account_who_has_only_a_token(shop, seller_id) -> None:
    stella = shop.seller("stella")
    shop.payments.open_payee(stella, seller_id)

    with pytest.raises(StepUpRequired):
        shop.payments.open_payee(stella, seller_id)


@pytest.mark.parametrize("opened", [False, True])
def test_takes_no_proof_of_who_asks_when_the_provider_is_away(
    shop, faulty_server, seller_id, opened
) -> None:
    if opened:
        shop.payments.open_payee(shop.seller("stella"), seller_id)
    stella = shop.seller("stella")
    faulty_server.control("faults", kind="rate_limit", on="/v1/account", count=20)
    with pytest.raises(ProviderUnavailable):
        shop.payments.open_payee(stella, seller_id)
    faulty_server.control("faults/clear")

    assert shop.payments.open_payee(stella, seller_id).onboarding_url


@pytest.mark.pitfall("A6")
def test_asks_the_provider_nothing_for_whoever_has_only_a_token(shop, seller_id) -> None:
    stella = replace(shop.seller("stella"), session_id="ses_of_nobody")

    with pytest.raises(StepUpRequired):
        shop.payments.open_payee(stella, seller_id)

    assert seller_id not in shop.sees.column("SELECT seller_id FROM payee_account")


def test_tells_no_program_where_to_enter_a_bank_account(shop, seller_id) -> None:
    program = replace(shop.seller("stella"), scopes=frozenset(Scope))

    with pytest.raises(KeyLacksScope):
        shop.payments.open_payee(program, seller_id)


def test_tells_nobody_else_whether_a_store_is_paid_by_card(shop, seller_id) -> None:
    with pytest.raises(NotYours):
        shop.payments.is_payee_ready(an_account(shop.uow, "carla"), seller_id)


def test_opens_no_account_for_the_store_of_another(shop, seller_id) -> None:
    with pytest.raises(NotYours):
        shop.payments.open_payee(an_account(shop.uow, "carla"), seller_id)


def test_opens_no_account_when_the_store_is_suspended(shop, seller_id) -> None:
    clerk = staff(shop.uow)
    sellers_on(shop.uow).move_status(clerk, seller_id, SellerStatus.SUSPENDED, "complaints")

    with pytest.raises(PayoutsFrozen):
        shop.payments.open_payee(shop.seller("stella"), seller_id)


@pytest.mark.pitfall("A10")
def test_opens_no_account_while_a_store_that_has_lost_its_name_cools_off(shop, seller_id) -> None:
    with shop.uow.begin() as tx:
        sellers_on(shop.uow).lose_name(tx, seller_id, freeze=True)
        tx.commit()

    with pytest.raises(PayoutsCoolingOff):
        shop.payments.open_payee(shop.seller("stella"), seller_id)


def test_tells_of_the_account_that_was_open_before_the_name_was_lost(shop, seller_id) -> None:
    httpx.post(shop.payments.open_payee(shop.seller("stella"), seller_id).onboarding_url)
    with shop.uow.begin() as tx:
        sellers_on(shop.uow).lose_name(tx, seller_id, freeze=True)
        tx.commit()

    assert shop.payments.is_payee_ready(shop.seller("stella"), seller_id)


@pytest.mark.pitfall("A10")
def test_looks_at_the_name_before_it_opens_the_account(shop, clock) -> None:
    chain = FakeNameService(clock.now())
    store = a_named_seller(shop.uow, chain, "stella", "star.eth")
    names = last_looks_on(shop.uow, chain)
    payments = payments_on(shop.uow, cards=shop.cards, names=names)
    chain.names["star.eth"].address = a_wallet("mallory").address
    clock.advance(minutes=1)

    with pytest.raises(PayoutsCoolingOff):
        payments.open_payee(store.principal, store.id)

    assert shown_at(shop.uow, store.id) is None
