"""What each role may do for a store."""

from itertools import pairwise

import pytest

from souk.modules.sellers.domain.team import PERMISSIONS, Permission, TeamRole


def test_every_role_has_its_permissions():
    assert PERMISSIONS.keys() == set(TeamRole)


def test_owner_may_do_everything():
    assert PERMISSIONS[TeamRole.OWNER] == set(Permission)


@pytest.mark.parametrize("owners", [Permission.TEAM, Permission.PAYOUTS, Permission.STANDING])
def test_nobody_else_decides_who_acts_and_where_the_money_goes(owners):
    assert [role for role in TeamRole if owners in PERMISSIONS[role]] == [TeamRole.OWNER]


def test_each_role_may_do_what_the_next_smaller_one_may():
    sizes = [PERMISSIONS[role] for role in TeamRole]
    assert all(larger > smaller for larger, smaller in pairwise(sizes))
