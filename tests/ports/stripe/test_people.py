"""Sellers with accounts, and buyers for whom something is kept."""

import httpx
import pytest
import stripe

from tests.ports.stripe.conftest import Control, paid

BACK = "http://127.0.0.1/back"


def new_seller(client: stripe.StripeClient, **more: object) -> stripe.Account:
    return client.v1.accounts.create(
        {"type": "express", "capabilities": {"transfers": {"requested": True}}, **more}
    )


def onboard(client: stripe.StripeClient, account: stripe.Account) -> stripe.AccountLink:
    return client.v1.account_links.create(
        {
            "account": account.id,
            "type": "account_onboarding",
            "return_url": BACK,
            "refresh_url": BACK,
        }
    )


def test_account_is_complete_when_its_owner_has_handed_in_the_papers(
    client: stripe.StripeClient,
) -> None:
    account = new_seller(client)
    assert not account.details_submitted
    answer = httpx.post(onboard(client, account).url)
    complete = client.v1.accounts.retrieve(account.id)
    assert answer.headers["Location"] == BACK
    assert (complete.payouts_enabled, complete.capabilities.transfers) == (True, "active")


def test_platform_is_told_when_an_account_is_complete(client: stripe.StripeClient) -> None:
    account = new_seller(client)
    httpx.post(onboard(client, account).url)
    (event,) = client.v1.events.list(
        {"type": "account.updated"}, {"stripe_account": account.id}
    ).data
    assert event.account == account.id
    assert event.data.previous_attributes["payouts_enabled"] is False


def test_transfer_is_refused_when_an_account_is_restricted(
    client: stripe.StripeClient, seller: stripe.Account, control: Control
) -> None:
    control(f"accounts/{seller.id}/restrict")
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.transfers.create(
            {
                "amount": 100,
                "currency": "usd",
                "destination": seller.id,
                "source_transaction": paid(client).latest_charge.id,
            }
        )
    assert refusal.value.code == "insufficient_capabilities_for_transfer"
    assert client.v1.accounts.retrieve(seller.id).requirements.currently_due


def test_payouts_are_manual_when_it_is_asked_for(client: stripe.StripeClient) -> None:
    manual = {"payouts": {"schedule": {"interval": "manual"}}}
    account = new_seller(client)
    assert account.settings.payouts.schedule.interval == "daily"
    changed = client.v1.accounts.update(account.id, {"settings": manual})
    assert changed.settings.payouts.schedule.interval == "manual"


def test_account_is_gone_when_it_was_deleted(client: stripe.StripeClient) -> None:
    account = new_seller(client)
    assert client.v1.accounts.delete(account.id).deleted
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.accounts.retrieve(account.id)


def test_seller_sees_the_money_when_the_papers_are_in_order(
    client: stripe.StripeClient, seller: stripe.Account
) -> None:
    charge = paid(client, 5_000).latest_charge.id
    client.v1.transfers.create(
        {
            "amount": 1_234,
            "currency": "usd",
            "destination": seller.id,
            "source_transaction": charge,
        }
    )
    assert "12.34 USD" in httpx.get(client.v1.accounts.login_links.create(seller.id).url).text


@pytest.fixture
def buyer(client: stripe.StripeClient) -> stripe.Customer:
    return client.v1.customers.create({"email": "buyer@example.com"})


@pytest.mark.parametrize(
    ("method", "kind"), [("pm_card_visa", "card"), ("pm_usBankAccount_success", "us_bank_account")]
)
def test_method_is_kept_until_it_is_detached(
    client: stripe.StripeClient, buyer: stripe.Customer, method: str, kind: str
) -> None:
    kept = client.v1.payment_methods.attach(method, {"customer": buyer.id})
    mine = {"customer": buyer.id, "type": kind}
    assert [each.id for each in client.v1.payment_methods.list(mine).data] == [kept.id]
    client.v1.payment_methods.detach(kept.id)
    assert client.v1.payment_methods.list(mine).data == []


def test_methods_are_listed_by_kind(client: stripe.StripeClient, buyer: stripe.Customer) -> None:
    for method in ("pm_card_visa", "pm_usBankAccount_success"):
        client.v1.payment_methods.attach(method, {"customer": buyer.id})
    (found,) = client.v1.customers.payment_methods.list(buyer.id, {"type": "us_bank_account"}).data
    assert found.us_bank_account.last4 == "6789"


def test_bank_account_is_kept_at_once_when_it_is_set_up(
    client: stripe.StripeClient, buyer: stripe.Customer
) -> None:
    done = client.v1.setup_intents.create(
        {"customer": buyer.id, "payment_method": "pm_usBankAccount_success", "confirm": True}
    )
    kept = client.v1.payment_methods.retrieve(done.payment_method)
    assert (done.status, kept.customer) == ("succeeded", buyer.id)


def test_method_is_kept_when_a_payment_asks_for_it(
    client: stripe.StripeClient, buyer: stripe.Customer
) -> None:
    client.v1.payment_intents.create(
        {
            "amount": 700,
            "currency": "usd",
            "customer": buyer.id,
            "payment_method": "pm_card_visa",
            "setup_future_usage": "off_session",
            "confirm": True,
        }
    )
    assert len(client.v1.payment_methods.list({"customer": buyer.id}).data) == 1


def test_customer_is_gone_when_deleted(client: stripe.StripeClient, buyer: stripe.Customer) -> None:
    kept = client.v1.payment_methods.attach("pm_card_visa", {"customer": buyer.id})
    client.v1.customers.delete(buyer.id)
    assert client.v1.payment_methods.retrieve(kept.id).customer is None
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.customers.retrieve(buyer.id)


def test_customer_is_changed(client: stripe.StripeClient, buyer: stripe.Customer) -> None:
    client.v1.customers.update(buyer.id, {"name": "Noor", "metadata": {"account": "a"}})
    changed = client.v1.customers.retrieve(buyer.id)
    assert (changed.name, changed.email) == ("Noor", "buyer@example.com")
