"""`/api/marketplace/sellers/{seller}/standing`, and what follows from it, over HTTP."""

import pytest

from souk.modules.sellers.domain import SellerStatus
from souk.modules.sellers.schemas.standing import StandingHistoryOut
from tests.integration.sellers.conftest import PATH
from tests.support.account_builders import a_message, a_wallet, an_account, sign_in
from tests.support.seller_builders import a_profile, sellers_on


def test_standing_shows_who_decided_to_staff_alone(api, token, clerk, store):
    body = {"status": "suspended", "reason": "complaints"}
    moved = api("PUT", f"{PATH}/fig-olive/status", body, token=clerk)
    assert (moved.status_code, moved.json()["status"]) == (200, "suspended")
    own = api("GET", f"{PATH}/fig-olive/standing", token=token).json()
    assert StandingHistoryOut.model_validate(own).model_dump(mode="json", by_alias=True) == own
    assert [step["reason"] for step in own["history"]][-1] == "complaints"
    assert {step["mover_id"] for step in own["history"]} == {None}
    seen = api("GET", f"{PATH}/fig-olive/standing", token=clerk).json()
    assert seen["history"][-1]["mover_id"] is not None


def test_standing_is_hidden_when_the_store_is_anothers(api, stranger, store):
    answer = api("GET", f"{PATH}/fig-olive/standing", token=stranger)
    assert (answer.status_code, answer.json()["code"]) == (404, "seller_not_found")


def test_status_is_refused_when_the_caller_is_a_stranger(api, stranger, store):
    body = {"status": "suspended", "reason": "a rival"}
    refusal = api("PUT", f"{PATH}/fig-olive/status", body, token=stranger)
    assert (refusal.status_code, refusal.json()["code"]) == (403, "not_yours")


def test_status_is_refused_with_what_is_allowed_instead(api, clerk, store):
    body = {"status": "draft", "reason": "back"}
    refusal = api("PUT", f"{PATH}/fig-olive/status", body, token=clerk).json()
    assert (refusal["status"], refusal["code"]) == (409, "seller_standing_conflict")
    assert (refusal["standing"], refusal["allowed"]) == ("approved", ["suspended"])


def test_verification_shows_on_the_page_when_staff_have_decided(api, token, clerk, store):
    path = f"{PATH}/fig-olive/verification"
    begun = api("POST", path, token=token, key="v")
    assert (begun.status_code, begun.json()["verification"]) == (201, "in_review")
    assert api("POST", path, token=token, key="v").json() == begun.json()
    api("PUT", path, {"verification": "verified", "reason": "seen"}, token=clerk)
    assert api("GET", f"{PATH}/fig-olive").json()["verified"] is True


@pytest.fixture
def draft(committing_uow):
    """A store that was opened where stores start as drafts."""
    sellers = sellers_on(committing_uow, starts_as=SellerStatus.DRAFT)
    owner = an_account(committing_uow, "dora")
    return sellers.create(owner, a_profile("dora"))


def test_draft_is_shown_to_its_owner_and_staff_alone(api, accounts, stranger, clerk, draft):
    path = f"{PATH}/{draft.id}"
    owner = sign_in(accounts, a_wallet("dora")).token
    assert [api("GET", path, token=who).status_code for who in (owner, clerk)] == [200, 200]
    assert [api("GET", path, token=who).status_code for who in (stranger, None)] == [404, 404]


def test_only_its_own_people_see_until_when_payouts_are_frozen(
    api, committing_uow, token, stranger, store
):
    with committing_uow.begin() as tx:
        sellers_on(committing_uow).lose_name(tx, store["id"], freeze=True)
        tx.commit()
    page = f"{PATH}/{store['id']}"
    until = "2026-03-04T12:00:00.000Z"

    assert api("GET", f"{PATH}/me", token=token).json()["payout_frozen_until"] == until
    assert api("GET", f"{page}/standing", token=token).json()["payout_frozen_until"] == until
    for who in (None, stranger, token):
        assert "payout_frozen_until" not in api("GET", page, token=who).json()
    assert api("GET", f"{page}/standing", token=stranger).status_code == 404


def test_edit_says_until_when_payouts_are_frozen(api, accounts, committing_uow, token, store):
    second = a_wallet("second")
    message = a_message(accounts.issue_nonce(), second).render()
    accounts.add_wallet(accounts.authenticate(token), message, second.sign(message))
    with committing_uow.begin() as tx:
        sellers_on(committing_uow).lose_name(tx, store["id"], freeze=True)
        tx.commit()

    fresh, body = sign_in(accounts, a_wallet("sofia")).token, {"payout_wallet": second.address}
    answer = api("PATCH", f"{PATH}/{store['id']}", body, token=fresh, **{"If-Match": '"2"'})

    assert (answer.status_code, answer.json()["code"]) == (409, "payouts_cooling_off")
    assert answer.json()["frozen_until"] == "2026-03-04T12:00:00.000Z"
