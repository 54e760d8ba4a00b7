"""Whoever checks a seller can be asked twice."""

import pytest

from souk.adapters.staff.identity import StaffIdentityCheck
from souk.modules.sellers.ports import IdentityCheck


@pytest.fixture(params=[StaffIdentityCheck])
def check(request) -> IdentityCheck:
    return request.param()


def test_begin_finds_what_began_under_the_same_key(check: IdentityCheck) -> None:
    assert check.begin("sel_1", key="first") == check.begin("sel_1", key="first")


def test_begin_tells_tries_apart(check: IdentityCheck) -> None:
    first, second = check.begin("sel_1", key="first"), check.begin("sel_1", key="second")
    assert first.reference != second.reference


def test_begin_leads_somewhere_safe_or_nowhere(check: IdentityCheck) -> None:
    url = check.begin("sel_1", key="first").url
    assert url is None or url.startswith("https://")
