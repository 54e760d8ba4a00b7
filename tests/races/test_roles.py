"""Admins who take their role from each other at the same moment."""

from collections import Counter

from souk.core.principal import Role
from souk.modules.accounts.errors import AdminsOnly
from souk.modules.accounts.service import Roles
from tests.support.account_builders import accounts_on, an_account
from tests.support.threads import at_once


def test_an_admin_is_left_when_two_take_it_from_each_other(committing_uow):
    accounts = accounts_on(committing_uow)
    roles = Roles(committing_uow, accounts)
    for name in ("alice", "bob"):
        roles.give(an_account(committing_uow, name).account_id, Role.ADMIN)
    admins = [an_account(committing_uow, name) for name in ("alice", "bob")]
    answers = at_once(2, lambda n: roles.take(admins[1 - n].account_id, Role.ADMIN, admins[n]))
    assert Counter(map(type, answers)) == {str: 1, AdminsOnly: 1}
