"""Looking names up, with real stores to be taken for."""

import pytest

from souk.core.errors import ProviderUnavailable
from souk.modules.names.domain import NameState
from souk.modules.names.errors import NameRefused
from tests.support.account_builders import a_wallet
from tests.support.fake_names import a_name
from tests.support.seller_builders import a_seller, pay_elsewhere, sellers_on

SOFIA = a_wallet("sofia").address
MALLORY = a_wallet("mallory").address


def like(examined) -> list[str | None]:
    return [one.like for one in examined.warnings if one.code == "looks_like_seller"]


def test_examine_tells_everything_of_a_name(lookups, chain):
    chain.names["fig.eth"] = a_name(SOFIA)
    chain.names["fig.eth"].texts["url"] = "https://fig.example"
    chain.claims[SOFIA] = "fig.eth"

    examined = lookups.examine("Fig.ETH")

    assert (examined.normalisation.name, examined.outage) == ("fig.eth", None)
    record = examined.record
    assert (record.address, record.owner, record.state) == (SOFIA, SOFIA, NameState.HELD)
    assert (examined.primary_name, examined.warnings) == ("fig.eth", ())


def test_examine_tells_a_name_that_nobody_holds_from_one_that_is_free(lookups, chain):
    chain.names["olives.eth"] = a_name(MALLORY)
    chain.names["olives.eth"].below = SOFIA

    record = lookups.examine("fig.olives.eth").record

    assert (record.state, record.address, record.owner) == (NameState.WILDCARD, SOFIA, None)
    assert lookups.examine("fig.eth").record.state is NameState.FREE


def test_examine_follows_a_name_to_its_gateways(lookups, chain):
    chain.names["fig.eth"] = a_name(MALLORY)
    chain.names["fig.eth"].off_chain = True
    assert [one.code for one in lookups.examine("fig.eth").warnings] == ["off_chain"]

    chain.names["fig.eth"].elsewhere = SOFIA
    examined = lookups.examine("fig.eth")
    assert (examined.record.address, examined.warnings) == (SOFIA, ())


def test_examine_asks_no_chain_when_the_text_is_no_name(lookups, chain):
    examined = lookups.examine("fig olive.eth")

    assert (examined.normalisation.suggestion, examined.record) == ("figolive.eth", None)
    assert chain.asked == 0


@pytest.mark.parametrize("text", ["a." * 8 + "eth", "x" * 252 + ".eth"])
def test_examine_refuses_a_name_that_is_too_long(lookups, chain, text):
    assert lookups.examine(text).normalisation.refusal.code == "too_long"
    assert chain.asked == 0


def test_examine_says_so_when_the_chain_is_away(lookups, chain, uow):
    store = a_seller(uow, "sofia", handle="figs")
    chain.away = True

    examined = lookups.examine("fi9s.eth")
    known = lookups.examine("f1gs.eth")

    assert (examined.normalisation.name, examined.record) == ("fi9s.eth", None)
    assert (examined.outage.code, examined.outage.retryable) == ("provider_unavailable", True)
    assert like(known) == [store.id]


@pytest.mark.pitfall("A7")
@pytest.mark.parametrize("claim", ["Fig.eth", "other.eth"])
def test_examine_shows_no_primary_name_that_is_claimed_wrongly(lookups, chain, claim):
    chain.names["fig.eth"] = a_name(SOFIA)
    chain.names["Fig.eth"] = a_name(SOFIA)
    chain.names["other.eth"] = a_name(MALLORY)
    chain.claims[SOFIA] = claim

    assert lookups.examine("fig.eth").primary_name is None


@pytest.mark.pitfall("A8")
@pytest.mark.parametrize(
    ("handle", "text"),
    [
        ("vitalik", "vitaIik.eth"),
        ("vitalik", "vita1ik.eth"),
        ("modern", "modem.eth"),
        ("modem", "modern.eth"),
        ("figs-olives", "figsolives.eth"),
        ("figsolives", "figs-0lives.eth"),
        ("wine", "vvine.eth"),
        ("dock", "clock.eth"),
        ("basil", "ba5il.eth"),
        ("basil", "básil.eth"),
        ("basil", "basil.eth"),
        ("basil", "shop.basil.eth"),
    ],
)
def test_examine_warns_when_a_name_looks_like_a_known_store(lookups, chain, uow, handle, text):
    store = a_seller(uow, "sofia", handle=handle)
    name = lookups.examine(text).normalisation.name
    chain.names[name] = a_name(MALLORY)

    assert like(lookups.examine(text)) == [store.id]


def test_examine_does_not_warn_of_other_names(lookups, chain, uow):
    a_seller(uow, "sofia", handle="basil")
    chain.names["basilico.eth"] = a_name(MALLORY)

    assert lookups.examine("basilico.eth").warnings == ()


def test_examine_does_not_warn_of_the_stores_own_wallet(lookups, chain, uow):
    a_seller(uow, "sofia", handle="basil")
    chain.names["basil.eth"] = a_name(SOFIA)

    assert lookups.examine("basil.eth").warnings == ()


@pytest.mark.parametrize(("chain_id", "warned"), [(31337, False), (1, True)])
def test_examine_knows_the_wallet_of_a_store_on_the_chain_of_names_alone(
    lookups, chain, uow, chain_id, warned
):
    a_seller(uow, "sofia", handle="basil")
    pay_elsewhere(uow, "sofia", "sofia", {chain_id: "own"})
    chain.names["basil.eth"] = a_name(a_wallet("own").address)

    assert bool(like(lookups.examine("basil.eth"))) is warned


@pytest.mark.pitfall("A8")
def test_examine_warns_when_a_name_looks_like_one_that_a_store_shows(lookups, chain, uow):
    store = a_seller(uow, "sofia", handle="basil")
    with uow.begin() as tx:
        sellers_on(uow).show_name(tx, store.id, "oregano.eth")
        tx.commit()
    chain.names["0regano.eth"] = a_name(MALLORY)
    chain.names["oregano.eth"] = a_name(MALLORY)

    assert like(lookups.examine("0regano.eth")) == [store.id]
    assert like(lookups.examine("oregano.eth")) == []


@pytest.mark.pitfall("A10")
def test_examine_warns_when_a_name_has_expired(lookups, chain):
    chain.names["fig.eth"] = a_name(SOFIA, days=-1)

    (warning,) = lookups.examine("fig.eth").warnings

    assert warning.code == "expired"


def test_suggest_tells_names_that_may_be_had_in_one_question(lookups, chain):
    chain.names["fig.eth"] = a_name(MALLORY)

    suggested = lookups.suggest("Fig")

    labels = [one.label for one in suggested.names]
    assert (suggested.label, chain.asked) == ("fig", 1)
    assert "figshop" in labels
    assert "fig" not in labels
    assert all(one.available and one.price.amount > 0 for one in suggested.names)


def test_suggest_refuses_what_is_no_name_with_a_correction(lookups):
    with pytest.raises(NameRefused) as refusal:
        lookups.suggest("fig olive")

    assert refusal.value.context["suggestion"] == "figolive"


def test_suggest_is_unavailable_when_the_chain_is_away(lookups, chain):
    chain.away = True

    with pytest.raises(ProviderUnavailable):
        lookups.suggest("fig")
