"""Two people, and every operation that the API describes: nobody sees or changes what is the
other's."""

from collections.abc import Iterator
from secrets import token_hex

import httpx
import pytest

from tests.architecture.robots.openapi import document, operations
from tests.architecture.robots.tree import ROOT
from tests.support.access import ELSEWHERE, OPEN, OWN, THEIRS, Asked, Owner, an_owner, kept
from tests.support.shop import Person, Shop, proved, shared_shop
from tests.support.stack import Databases

HIDDEN = {403, 404}
# Answered by a timeline key, or not at all: a caller without one is not asked to sign in.
BY_KEY = {"GET /api/orders/{order_id}/timeline", "GET /api/orders/{order_id}/events"}
# Everybody sees these of what is on sale; what is asked for here is a draft.
TO_ALL = {"GET /api/marketplace/products/{listing_id}"}
# Not there for its owner either, who is told why: what was bought here is not paid yet.
NOT_YET = "no_escrow_receipt"
# What nobody but staff may do, its owner neither.
OF_STAFF = {
    "PUT /api/marketplace/sellers/{seller}/verification",
    "GET /api/accounts/{account_id}/roles",
    "PUT /api/accounts/{account_id}/roles/{role}",
    "DELETE /api/accounts/{account_id}/roles/{role}",
}


@pytest.fixture(name="shop", scope="module")
def one_shop(
    databases: Databases, _redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with shared_shop(databases, _redis_url, tmp_path_factory.mktemp("shop")) as running:
        yield running


@pytest.fixture(scope="module")
def owner(shop: Shop) -> Owner:
    return an_owner(shop)


@pytest.fixture(scope="module")
def stranger(shop: Shop) -> Person:
    """Somebody with a store of their own, who may do all that sellers may."""
    return shop.seller("eve")


def ask(shop: Shop, who: Person | None, name: str, asked: Asked, owner: Owner) -> httpx.Response:
    path, body = asked.of(owner, who)
    token = None if who is None else who.token
    return shop.api(
        name.partition(" ")[0], path, body, token=token, key=token_hex(8), **asked.headers
    )


def test_every_operation_has_its_place():
    placed = [*THEIRS, *OWN, *OPEN, *ELSEWHERE]
    assert sorted(placed) == sorted(name for name, _operation in operations(document()))
    assert [place for place in ELSEWHERE.values() if not (ROOT / place).exists()] == []


@pytest.mark.pitfall("H3")
@pytest.mark.parametrize("name", THEIRS)
def test_stranger_sees_and_changes_nothing_of_anothers(shop, owner, stranger, name):
    before = kept(shop.container.engine)
    answer = ask(shop, stranger, name, THEIRS[name], owner)
    assert answer.status_code in HIDDEN, answer.text
    assert kept(shop.container.engine) == before


@pytest.mark.parametrize("name", THEIRS)
def test_nobody_in_particular_sees_and_changes_nothing(shop, owner, name):
    before = kept(shop.container.engine)
    answer = ask(shop, None, name, THEIRS[name], owner)
    assert answer.status_code in (HIDDEN if name in BY_KEY | TO_ALL else {401}), answer.text
    assert kept(shop.container.engine) == before


def test_owner_is_not_refused_what_a_stranger_is(shop):
    mine = an_owner(shop)
    refused = {}
    for name, asked in THEIRS.items():
        if name not in BY_KEY | OF_STAFF:
            answer = ask(shop, mine.person, name, asked, mine)
            if answer.status_code == 403 and answer.json()["code"] == "step_up_required":
                answer = ask(shop, proved(shop, mine.person), name, asked, mine)
            if answer.is_error and answer.json()["code"] == NOT_YET:
                continue
            if answer.status_code in HIDDEN | {401} or is_malformed(answer):
                refused[name] = answer.text
    assert refused == {}


def is_malformed(answer: httpx.Response) -> bool:
    """Whether it was refused before anybody asked whose it is."""
    unfit = {"invalid_request", "version_required", "stale_version", "listing_changed"}
    return answer.status_code >= 400 and answer.json()["code"] in unfit


@pytest.mark.parametrize("name", OWN)
def test_list_of_ones_own_holds_nothing_of_anothers(shop, owner, stranger, name):
    answer = ask(shop, stranger, name, OWN[name], owner)
    assert answer.status_code < 300, answer.text
    assert [secret for secret in owner.secrets if secret in answer.text] == []
    assert ask(shop, None, name, OWN[name], owner).status_code == 401
    assert shop.ask(owner.person, "GET", "/api/auth/session").status_code == 200


@pytest.mark.parametrize("name", OPEN)
def test_what_is_open_to_all_holds_nothing_that_is_anybodys_own(shop, owner, stranger, name):
    for who in (None, stranger):
        answer = ask(shop, who, name, OPEN[name], owner)
        assert [secret for secret in owner.secrets if secret in answer.text] == []


def seen_of(shop: Shop, who: Person, owner: Owner) -> list[int]:
    """Statuses of what a store's own people see: an order, its payment, its terms, all orders, a
    draft, the team."""
    names = (
        "PUT /api/orders/{order_id}/status",
        "GET /api/payments/order/{order_id}",
        "GET /api/orders/seller/{seller_id}",
        "GET /api/marketplace/products/{listing_id}",
        "GET /api/marketplace/sellers/{seller}/team",
    )
    order, *others = (THEIRS[name].of(owner, who)[0] for name in names)
    looks = [order.removesuffix("/status"), order.replace("/status", "/terms"), *others]
    return [shop.ask(who, "GET", path).status_code for path in looks]


def test_member_sees_what_is_the_stores_until_sent_away(shop, owner):
    mara, team = shop.person("mara"), f"/api/marketplace/sellers/{owner.seller}/team"
    body = {"wallet": mara.address, "role": "read_only"}
    assert set(seen_of(shop, mara, owner)) <= HIDDEN
    member = shop.ask(proved(shop, owner.person), "POST", team, body).json()["id"]
    assert set(seen_of(shop, mara, owner)) <= HIDDEN

    shop.ask(mara, "POST", f"/api/marketplace/sellers/me/invitations/{member}/accept")
    assert set(seen_of(shop, mara, owner)) == {200}

    shop.ask(owner.person, "DELETE", f"{team}/{member}")
    assert set(seen_of(shop, mara, owner)) <= HIDDEN
