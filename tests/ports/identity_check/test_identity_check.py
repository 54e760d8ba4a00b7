"""Whoever checks a seller can be asked twice."""

from uuid import uuid4

import pytest

from souk.adapters.staff.identity import StaffIdentityCheck
from souk.modules.sellers.ports import IdentityCheck
from tests.support.identities import a_stripe_check

SAFE = ("https://", "http://127.0.0.1:")


@pytest.fixture(params=["staff", "stripe"])
def check(request) -> IdentityCheck:
    if request.param == "staff":
        return StaffIdentityCheck()
    return a_stripe_check(request.getfixturevalue("card_server"))


@pytest.fixture
def key() -> str:
    """What nobody has asked under before."""
    return f"sel_1:verification:{uuid4()}"


def test_begin_finds_what_began_under_the_same_key(check: IdentityCheck, key: str) -> None:
    assert check.begin("sel_1", key=key) == check.begin("sel_1", key=key)


def test_begin_tells_tries_apart(check: IdentityCheck, key: str) -> None:
    first, second = check.begin("sel_1", key=key), check.begin("sel_1", key=f"{key}:2")
    assert first.reference != second.reference


def test_begin_leads_somewhere_safe_or_nowhere(check: IdentityCheck, key: str) -> None:
    url = check.begin("sel_1", key=key).url
    assert url is None or url.startswith(SAFE)


def test_look_up_finds_nothing_decided_when_it_has_just_begun(check: IdentityCheck, key) -> None:
    begun = check.begin("sel_1", key=key)
    found = check.look_up(begun.reference)
    assert found is None or (found.seller_id, found.url, found.code) == ("sel_1", begun.url, None)


@pytest.mark.parametrize("reference", ["vs_nobody", "sel_1:verification:2", "../balance", ""])
def test_look_up_finds_nothing_when_it_did_not_begin_here(check: IdentityCheck, reference) -> None:
    assert check.look_up(reference) is None
