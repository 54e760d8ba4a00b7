"""Who is staff."""

import pytest

from souk.core.addresses import MalformedAddress
from souk.core.ids import UnknownId
from souk.core.principal import Role
from souk.modules.accounts.errors import AccountNotFound, SessionEnded
from souk.modules.accounts.service import Roles
from tests.support.account_builders import a_wallet, accounts_on, sign_in


@pytest.fixture
def accounts(uow):
    return accounts_on(uow)


@pytest.fixture
def roles(uow, accounts):
    return Roles(uow, accounts)


@pytest.mark.parametrize("by", ["id", "wallet", "wallet in small letters"])
def test_give_makes_somebody_staff_from_the_next_sign_in_on(accounts, roles, by):
    before = sign_in(accounts, a_wallet())
    address = a_wallet().address
    who = {"id": before.account_id, "wallet": address}.get(by, address.lower())
    assert roles.give(who, Role.SUPPORT) == before.account_id
    with pytest.raises(SessionEnded):
        accounts.authenticate(before.token)
    assert accounts.authenticate(sign_in(accounts, a_wallet()).token).is_staff


def test_take_ends_it_at_once(accounts, roles):
    sign_in(accounts, a_wallet())
    roles.give(a_wallet().address, Role.ADMIN)
    token = sign_in(accounts, a_wallet()).token
    roles.take(a_wallet().address, Role.ADMIN)
    with pytest.raises(SessionEnded):
        accounts.authenticate(token)
    again = accounts.authenticate(sign_in(accounts, a_wallet()).token)
    assert again.roles == {Role.BUYER}


@pytest.mark.parametrize(
    ("who", "error"),
    [
        (a_wallet("nobody").address, AccountNotFound),
        ("acc_01h455vb4pex5vsknk084sn02q", AccountNotFound),
        ("ada@example.com", UnknownId),
        ("0x12", MalformedAddress),
    ],
)
def test_give_refuses_when_nobody_has_signed_in_as_that(roles, who, error):
    with pytest.raises(error):
        roles.give(who, Role.ADMIN)
