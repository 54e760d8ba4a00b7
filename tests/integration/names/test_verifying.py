"""Proving a name, and showing it at a store."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from souk.core.errors import ProviderUnavailable
from souk.core.idempotency import NO_RECEIPT
from souk.modules.accounts import domain as accounts_domain
from souk.modules.accounts.errors import (
    NonceUnusable,
    SignatureMismatch,
    WalletOfAnotherAccount,
    WrongWallet,
)
from souk.modules.accounts.service import Accounts
from souk.modules.names.domain import Fault, Proof
from souk.modules.names.errors import NameRefused, NameUnfit, StoreNeeded
from souk.modules.names.service import Verifications
from tests.support.account_builders import SIGN_IN, a_wallet, accounts_on, an_account
from tests.support.events import published
from tests.support.fake_names import a_name
from tests.support.name_builders import verifications_on
from tests.support.seller_builders import a_seller, sellers_on

SOFIA = a_wallet("sofia")
SECOND = a_wallet("sofia's second")
MALLORY = a_wallet("mallory")


class ContractsWord:
    """A `SignatureVerifier` of wallets that are contracts and accept everything."""

    def verify(self, *, message, signature, address, chain_id) -> accounts_domain.Proof:
        return accounts_domain.Proof.CONTRACT


@pytest.fixture
def store(uow):
    return a_seller(uow, "sofia")


def shown(uow, store) -> str | None:
    with uow.begin() as tx:
        return sellers_on(uow).get(tx, store.id).ens_name


def kept(session) -> list[tuple]:
    query = "SELECT name, wallet, lost_reason FROM ens_verifications ORDER BY id"
    return [tuple(row) for row in session.execute(text(query))]


def test_verify_is_instant_when_the_wallet_is_proved(verifications, chain, uow, session, store):
    chain.names["fig.eth"] = a_name(SOFIA.address)

    outcome = verifications.verify(store.principal, "Fig.ETH")

    assert (outcome.name, outcome.wallet, outcome.message) == ("fig.eth", SOFIA.address, None)
    assert shown(uow, store) == "fig.eth"
    assert kept(session) == [("fig.eth", SOFIA.address, None)]
    assert published(session, "ens.name_verified")[0]["ens_name"] == "fig.eth"


def test_verify_keeps_the_block_that_it_looked_at(verifications, chain, session, store):
    chain.names["fig.eth"] = a_name(SOFIA.address)

    block = verifications.verify(store.principal, "fig.eth").verification.block

    assert (block.chain_id, block.number, block.at) == (31337, 7, chain.now)
    row = session.execute(text("SELECT block_number, block_hash FROM ens_verifications")).one()
    assert tuple(row) == (block.number, block.hash)


def test_verify_takes_no_contract_of_another_chain_for_the_wallet(
    verifications, chain, uow, session, store
):
    chain.names["fig.eth"] = a_name(SOFIA.address)
    with uow.begin() as tx:
        tx.session.execute(text("UPDATE wallet SET chain_id = 8453"))
        tx.commit()

    assert verifications.verify(store.principal, "fig.eth").verification is None
    assert shown(uow, store) is None


def test_verify_asks_for_a_signature_when_the_wallet_is_new(
    verifications, chain, uow, session, store
):
    chain.names["fig.eth"] = a_name(SECOND.address)

    outcome = verifications.verify(store.principal, "fig.eth")

    assert outcome.verification is None
    assert SECOND.address in outcome.message
    assert (shown(uow, store), kept(session)) == (None, [])


@pytest.mark.pitfall("A6")
@pytest.mark.parametrize(("served", "named"), [((1, 31337), 31337), ((1, 8453), 1)])
def test_verify_asks_for_a_signature_on_the_chain_of_the_name_where_that_is_served(
    uow, chain, lookups, store, served, named
):
    accounts = accounts_on(uow, replace(SIGN_IN, chain_ids=served))
    verifications = Verifications(uow, accounts, sellers_on(uow), lookups, chain)
    chain.names["fig.eth"] = a_name(SECOND.address)

    message = verifications.verify(store.principal, "fig.eth").message

    assert f"\nChain ID: {named}\n" in message


def test_verify_takes_the_word_of_a_contract_that_signed_what_was_asked(uow, chain, lookups, store):
    accounts = Accounts(uow, ContractsWord(), replace(SIGN_IN, chain_ids=(1, 31337)))
    verifications = Verifications(uow, accounts, sellers_on(uow), lookups, chain)
    chain.names["fig.eth"] = a_name(SECOND.address)
    message = verifications.verify(store.principal, "fig.eth").message

    outcome = verifications.verify(store.principal, "fig.eth", Proof(message, "0x01"))

    assert outcome.verification is not None


def test_verify_asks_for_a_signature_while_somebody_has_the_account_locked(
    committing_uow, engine, chain
):
    opened = a_seller(committing_uow, "sofia")
    verifications = verifications_on(committing_uow, chain)
    chain.names["fig.eth"] = a_name(SECOND.address)
    with engine.begin() as other:
        other.execute(text("SELECT 1 FROM account FOR UPDATE"))

        assert verifications.verify(opened.principal, "fig.eth").message is not None


def test_verify_shows_the_name_when_its_wallet_has_signed(verifications, chain, uow, store):
    chain.names["fig.eth"] = a_name(SECOND.address)
    message = verifications.verify(store.principal, "fig.eth").message

    proof = Proof(message, SECOND.sign(message))
    outcome = verifications.verify(store.principal, "fig.eth", proof, NO_RECEIPT)

    assert outcome.verification is not None
    assert shown(uow, store) == "fig.eth"


def test_verify_refuses_a_proof_that_was_used(verifications, chain, store):
    chain.names["fig.eth"] = a_name(SECOND.address)
    message = verifications.verify(store.principal, "fig.eth").message
    proof = Proof(message, SECOND.sign(message))
    verifications.verify(store.principal, "fig.eth", proof)

    with pytest.raises(NonceUnusable):
        verifications.verify(store.principal, "fig.eth", proof)


def test_verify_refuses_another_wallet_and_binds_it_to_nobody(
    verifications, chain, uow, session, store
):
    chain.names["fig.eth"] = a_name(SECOND.address)
    message = verifications.verify(store.principal, "fig.eth").message
    forged = message.replace(SECOND.address, MALLORY.address)

    with pytest.raises(WrongWallet):
        verifications.verify(store.principal, "fig.eth", Proof(forged, MALLORY.sign(forged)))
    with pytest.raises(SignatureMismatch):
        verifications.verify(store.principal, "fig.eth", Proof(message, MALLORY.sign(message)))

    query = text("SELECT count(*) FROM wallet WHERE address = :address")
    bound = session.execute(query, {"address": MALLORY.address}).scalar_one()
    assert (bound, shown(uow, store)) == (0, None)


def test_verify_refuses_a_wallet_of_another_account(verifications, chain, uow, store):
    an_account(uow, "mallory")
    chain.names["fig.eth"] = a_name(MALLORY.address)
    message = verifications.verify(store.principal, "fig.eth").message

    with pytest.raises(WalletOfAnotherAccount):
        verifications.verify(store.principal, "fig.eth", Proof(message, MALLORY.sign(message)))


@pytest.mark.pitfall("A7")
def test_verify_takes_no_claim_of_an_account_for_a_proof(verifications, chain, uow, store):
    chain.names["fig.eth"] = a_name(MALLORY.address)
    chain.names["fig.eth"].texts["url"] = "https://sofia.example"
    chain.claims[SOFIA.address] = "fig.eth"

    assert verifications.verify(store.principal, "fig.eth").verification is None
    assert shown(uow, store) is None


@pytest.mark.pitfall("A10")
@pytest.mark.parametrize(("days", "reason"), [(-1, Fault.EXPIRED), (-91, Fault.NOT_HELD)])
def test_verify_refuses_a_name_that_has_expired(verifications, chain, uow, store, days, reason):
    chain.names["fig.eth"] = a_name(SOFIA.address, days=days)

    with pytest.raises(NameUnfit) as refusal:
        verifications.verify(store.principal, "fig.eth")

    assert refusal.value.context["reason"] == reason
    assert shown(uow, store) is None


@pytest.mark.pitfall("A12")
def test_verify_refuses_a_name_that_is_resolved_off_chain(verifications, chain, store):
    chain.names["fig.eth"] = a_name(SOFIA.address)
    chain.names["fig.eth"].off_chain = True

    with pytest.raises(NameUnfit) as refusal:
        verifications.verify(store.principal, "fig.eth")

    assert refusal.value.context["reason"] == Fault.OFF_CHAIN


def test_verify_refuses_what_is_no_name_before_the_chain_is_asked(verifications, chain, store):
    with pytest.raises(NameRefused):
        verifications.verify(store.principal, "fig olive.eth")

    assert chain.asked == 0


def test_verify_needs_a_store(verifications, chain, uow):
    chain.names["fig.eth"] = a_name(MALLORY.address)

    with pytest.raises(StoreNeeded):
        verifications.verify(an_account(uow, "mallory"), "fig.eth")


def test_verify_changes_nothing_when_the_chain_is_away(verifications, chain, uow, store):
    chain.names["fig.eth"] = a_name(SOFIA.address)
    verifications.verify(store.principal, "fig.eth")
    chain.away = True

    with pytest.raises(ProviderUnavailable):
        verifications.verify(store.principal, "other.eth")

    assert shown(uow, store) == "fig.eth"


def test_verify_replaces_the_name_that_the_store_showed(verifications, chain, uow, session, store):
    for name in ("fig.eth", "olive.eth"):
        chain.names[name] = a_name(SOFIA.address)
        verifications.verify(store.principal, name)

    assert shown(uow, store) == "olive.eth"
    assert [(name, lost) for name, _, lost in kept(session)] == [
        ("fig.eth", "replaced"),
        ("olive.eth", None),
    ]
    assert published(session, "ens.name_lost") == []


def test_verify_takes_the_name_from_the_store_that_has_lost_it(
    verifications, chain, uow, session, store
):
    chain.names["fig.eth"] = a_name(SOFIA.address)
    verifications.verify(store.principal, "fig.eth")
    chain.names["fig.eth"] = a_name(MALLORY.address)
    other = a_seller(uow, "mallory")

    verifications.verify(other.principal, "fig.eth")

    assert (shown(uow, store), shown(uow, other)) == (None, "fig.eth")
    (lost,) = published(session, "ens.name_lost")
    assert (lost["seller_id"], lost["reason"]) == (store.id, "repointed")


def test_verify_shows_a_name_that_gateways_say_stands_for_the_wallet(
    verifications, chain, uow, store
):
    chain.names["fig.eth"] = a_name(MALLORY.address)
    chain.names["fig.eth"].off_chain = True
    chain.names["fig.eth"].elsewhere = SOFIA.address

    assert verifications.verify(store.principal, "fig.eth").wallet == SOFIA.address
    assert shown(uow, store) == "fig.eth"


def test_verify_shows_a_name_that_nobody_holds_when_the_one_above_says_so(
    verifications, chain, uow, store
):
    chain.names["olives.eth"] = a_name(MALLORY.address)
    chain.names["olives.eth"].below = SOFIA.address

    verification = verifications.verify(store.principal, "fig.olives.eth").verification

    assert (verification.owner, shown(uow, store)) == (None, "fig.olives.eth")


@pytest.mark.pitfall("A10")
def test_verify_refuses_a_name_that_nobody_holds_when_the_one_above_has_expired(
    verifications, chain, uow, store
):
    chain.names["olives.eth"] = a_name(MALLORY.address, days=-1)
    chain.names["olives.eth"].below = SOFIA.address

    with pytest.raises(NameUnfit, match="renew"):
        verifications.verify(store.principal, "fig.olives.eth")
    assert shown(uow, store) is None
