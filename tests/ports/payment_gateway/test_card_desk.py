"""What sellers and buyers keep at Stripe."""

from datetime import timedelta

import httpx
import pytest

from souk.adapters.stripe.desk import StripeCardDesk
from souk.core.errors import OutcomeUnknown, ProviderRejected, ProviderUnavailable
from souk.modules.payments.domain import Executed, NeedsBrowser
from souk.modules.payments.errors import SavedMethodNotFound
from tests.support.card_capabilities import Can, where
from tests.support.card_rail import CardRail

BACK = "http://127.0.0.1/back"
OURS = (ProviderUnavailable, ProviderRejected, OutcomeUnknown)


def desk_of(card: CardRail, read_seconds: float = 15) -> StripeCardDesk:
    return StripeCardDesk(
        card.server.api(read_seconds),
        provider="stripe",
        publishable_key=card.server.publishable_key,
        clock=card.clock,
    )


@pytest.fixture
def desk(card) -> StripeCardDesk:
    return desk_of(card)


def key(card, what: str) -> str:
    """A key that no other test has."""
    return f"{card.seller}:{what}"


def kept(card, method: str = "pm_card_visa") -> tuple[str, str]:
    """A customer with a saved card."""
    customer = card.client.v1.customers.create({}).id
    return customer, card.client.v1.payment_methods.attach(method, {"customer": customer}).id


def test_sends_a_seller_on_to_hand_in_papers(card, desk) -> None:
    account = desk.open_account("sel_1", key=key(card, "account"), return_url=BACK)

    assert not account.ready
    assert httpx.get(account.onboarding_url).is_success


def test_opens_one_account_when_it_is_asked_twice(card, desk) -> None:
    first = desk.open_account("sel_1", key=key(card, "account"), return_url=BACK)
    card.clock.advance(seconds=1)

    again = desk.open_account("sel_1", key=key(card, "account"), return_url=BACK)

    assert again.reference == first.reference


def test_says_that_a_seller_can_be_paid_when_the_papers_are_in_order(card, desk) -> None:
    account = desk.open_account("sel_1", key=key(card, "account"), return_url=BACK)
    httpx.post(account.onboarding_url)

    found = desk.look_up_account(account.reference, return_url=BACK)

    assert (found.ready, found.onboarding_url) == (True, None)


def test_makes_out_no_link_for_who_only_looks(card, desk) -> None:
    account = desk.open_account("sel_1", key=key(card, "account"), return_url=BACK)

    found = desk.look_up_account(account.reference)

    assert (found.reference, found.ready, found.onboarding_url) == (account.reference, False, None)


@where(Can.KEEP, Can.REMEMBER_KEYS)
def test_opens_one_customer_when_it_is_asked_twice(any_rail) -> None:
    desk, wish = desk_of(any_rail), key(any_rail, "customer")

    assert desk.open_customer("acc_1", key=wish) == desk.open_customer("acc_1", key=wish)


@where(Can.KEEP)
def test_writes_our_own_id_on_a_customer_and_nothing_else(any_rail) -> None:
    opened = desk_of(any_rail).open_customer("acc_1", key=key(any_rail, "customer"))

    made = any_rail.client.v1.customers.retrieve(opened)
    assert made.metadata.to_dict() == {"account": "acc_1"}
    assert (made.email, made.name, made.description) == (None, None, None)


@where(Can.KEEP)
def test_has_a_buyer_enter_a_card_in_a_browser(any_rail) -> None:
    customer = any_rail.client.v1.customers.create({}).id

    outcome = desk_of(any_rail).save_method(customer, key=key(any_rail, "setup"))

    assert isinstance(outcome, NeedsBrowser)
    assert outcome.client_secret.startswith(outcome.reference)
    assert outcome.until - any_rail.clock.now() == timedelta(days=1)


def test_has_saved_it_when_the_buyer_did(card, desk) -> None:
    customer = card.client.v1.customers.create({}).id
    asked = desk.save_method(customer, key=key(card, "setup"))
    card.client.v1.setup_intents.confirm(asked.reference, {"payment_method": "pm_card_visa"})

    again = desk.save_method(customer, key=key(card, "setup"))

    assert again == Executed(asked.reference)
    assert [saved.last4 for saved in desk.list_saved(customer)] == ["4242"]


@pytest.mark.parametrize(
    ("method", "shown"),
    [
        ("pm_card_mastercard", ("card", "mastercard", "4444", "2034-12")),
        ("pm_usBankAccount_success", ("us_bank_account", "STRIPE TEST BANK", "6789", None)),
    ],
)
def test_shows_no_more_than_may_be_shown(card, desk, method, shown) -> None:
    customer, reference = kept(card, method)

    (saved,) = desk.list_saved(customer)

    assert saved.reference == reference
    assert (saved.kind, saved.brand, saved.last4, saved.expires) == shown


def test_keeps_a_card_no_longer(card, desk) -> None:
    customer, reference = kept(card)

    desk.forget_saved(customer, reference)

    assert desk.list_saved(customer) == []


@pytest.mark.parametrize("reference", ["another's", "pm_none", "../customers"])
def test_forgets_nothing_of_anybody_else(card, desk, reference) -> None:
    customer, mine = kept(card)
    other, theirs = kept(card)

    with pytest.raises(SavedMethodNotFound):
        desk.forget_saved(customer, theirs if reference == "another's" else reference)

    assert [saved.reference for saved in desk.list_saved(customer)] == [mine]
    assert [saved.reference for saved in desk.list_saved(other)] == [theirs]


def test_says_so_when_stripe_does_not_let_it_look(card, desk) -> None:
    customer, reference = kept(card)
    card.server.control("faults", kind="server_error", on="/v1/payment_methods")

    with pytest.raises(ProviderUnavailable):
        desk.forget_saved(customer, reference)


WISHES = {
    "/v1/accounts": lambda desk, _, wish: desk.open_account("sel_1", key=wish, return_url=BACK),
    "/v1/account_links": lambda desk, card, _: desk.look_up_account(
        card.client.v1.accounts.create({"type": "express"}).id, return_url=BACK
    ),
    "/v1/customers": lambda desk, _, wish: desk.open_customer("acc_1", key=wish),
    "/v1/setup_intents": lambda desk, card, wish: desk.save_method(card.customer, key=wish),
}


@pytest.mark.parametrize("fault", ["timeout_after_effect", "rate_limit"])
@pytest.mark.parametrize("path", WISHES)
def test_grants_a_wish_once_when_stripe_fails(card, path, fault) -> None:
    card.customer = card.client.v1.customers.create({}).id
    wish, before = key(card, path), len(made(card, path))
    card.server.control("faults", kind=fault, on=path, milliseconds=250)
    with pytest.raises(OURS):
        WISHES[path](desk_of(card, 0.1), card, wish)

    granted = WISHES[path](desk_of(card), card, wish)

    assert granted
    assert len(made(card, path)) - before == (0 if path == "/v1/account_links" else 1)


@pytest.mark.parametrize("fault", ["server_error", "server_error_after_effect"])
@pytest.mark.parametrize("path", WISHES)
def test_does_not_know_whether_a_wish_was_granted(card, path, fault) -> None:
    card.customer = card.client.v1.customers.create({}).id
    card.server.control("faults", kind=fault, on=path)

    with pytest.raises(OutcomeUnknown):
        WISHES[path](desk_of(card), card, key(card, path))


def made(card, path: str) -> list[str]:
    """What there is of the objects that a wish makes."""
    lists = {
        "/v1/accounts": card.client.v1.accounts,
        "/v1/customers": card.client.v1.customers,
        "/v1/setup_intents": card.client.v1.setup_intents,
    }
    found = lists[path].list({"limit": 100}) if path in lists else None
    return [] if found is None else [each.id for each in found.auto_paging_iter()]
