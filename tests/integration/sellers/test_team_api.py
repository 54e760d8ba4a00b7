"""`/api/marketplace/sellers/{seller}/team` over HTTP."""

import pytest

from souk.modules.sellers.schemas.team import InvitationsOut, MemberOut, RolesOut, TeamOut
from tests.integration.sellers.conftest import PATH
from tests.support.account_builders import a_wallet, sign_in


def documented(model, answer):
    """The answer has exactly the members that the schema declares."""
    shown = answer.json()
    assert model.model_validate(shown).model_dump(mode="json") == shown
    return shown


@pytest.fixture
def invited(api, accounts, store):
    """An invitation of the stranger."""
    body = {"wallet": a_wallet("bob").address.lower(), "role": "manager"}
    proved = sign_in(accounts, a_wallet("sofia")).token
    answer = api("POST", f"{PATH}/fig-olive/team", body, token=proved, key="invite")
    assert answer.status_code == 201, answer.text
    return documented(MemberOut, answer)


def test_invited_account_finds_the_invitation_and_joins(api, token, stranger, invited):
    (waiting,) = documented(InvitationsOut, api("GET", f"{PATH}/me/invitations", token=stranger))[
        "data"
    ]
    joined = api("POST", f"{PATH}/me/invitations/{waiting['id']}/accept", token=stranger)
    assert (joined.status_code, joined.json()["role"]) == (200, "manager")
    (role,) = documented(RolesOut, api("GET", f"{PATH}/me/roles", token=stranger))["data"]
    assert (role["store"]["handle"], role["role"]) == ("fig-olive", "manager")
    assert api("GET", f"{PATH}/me/invitations", token=stranger).json()["data"] == []


def test_team_is_shown_to_the_stores_people_alone(api, token, stranger, invited):
    team = documented(TeamOut, api("GET", f"{PATH}/fig-olive/team", token=token))
    assert team["data"] == [invited]
    assert api("GET", f"{PATH}/fig-olive/team", token=stranger).status_code == 404


def test_member_edits_the_profile_until_sent_away(api, accounts, stranger, invited):
    token = sign_in(accounts, a_wallet("sofia")).token
    api("POST", f"{PATH}/me/invitations/{invited['id']}/accept", token=stranger)
    body = {"bio": "New."}
    edited = api("PATCH", f"{PATH}/fig-olive", body, token=stranger, If_Match='"1"')
    assert (edited.status_code, edited.json()["version"]) == (200, 2)
    path = f"{PATH}/fig-olive/team/{invited['id']}"
    assert api("PATCH", path, {"role": "read_only"}, token=token).json()["role"] == "read_only"
    refused = api("PATCH", f"{PATH}/fig-olive", body, token=stranger, If_Match='"2"')
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_small")
    assert api("DELETE", path, token=token).status_code == 204
    gone = api("PATCH", f"{PATH}/fig-olive", body, token=stranger, If_Match='"2"')
    assert (gone.status_code, gone.json()["code"]) == (403, "not_yours")


def test_invitation_is_declined_once(api, stranger, invited):
    path = f"{PATH}/me/invitations/{invited['id']}"
    answers = [api("DELETE", path, token=stranger).status_code for _ in range(2)]
    assert answers == [204, 404]
