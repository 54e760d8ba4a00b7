"""What roles and scopes allow."""

import pytest

from souk.core.principal import (
    PERMISSIONS,
    KeyLacksScope,
    Permission,
    Principal,
    Role,
    Scope,
    find_scope,
)


def test_permissions_say_something_of_every_role():
    assert set(PERMISSIONS) == set(Role)


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        (Role.BUYER, set()),
        (Role.SELLER, set()),
        (Role.ARBITER, {Permission.RULE_ON_DISPUTES}),
        (Role.SUPPORT, {Permission.SEE_EVERYBODYS_ROWS}),
        (Role.ADMIN, {Permission.SEE_EVERYBODYS_ROWS, Permission.GRANT_ROLES}),
    ],
)
def test_may_says_what_a_role_allows(role, allowed):
    principal = Principal("acc_1", "ses_1", frozenset({Role.BUYER, role}))
    assert {permission for permission in Permission if principal.may(permission)} == allowed


@pytest.mark.parametrize(
    ("tag", "method", "scope"),
    [
        ("orders", "GET", Scope.ORDERS_READ),
        ("orders", "HEAD", Scope.ORDERS_READ),
        ("orders", "POST", Scope.ORDERS_WRITE),
        ("orders", "DELETE", Scope.ORDERS_WRITE),
        ("sign-in", "GET", None),
        ("something new", "GET", None),
    ],
)
def test_find_scope_names_what_a_route_needs(tag, method, scope):
    assert find_scope(tag, method) is scope


def test_require_scope_lets_people_do_what_no_key_may():
    assert Principal("acc_1", "ses_1").scopes is None
    Principal("acc_1", "ses_1").require_scope(None)


@pytest.mark.parametrize("needed", [None, Scope.ORDERS_WRITE])
def test_require_scope_refuses_a_program_without_it(needed):
    program = Principal("acc_1", "key_1", scopes=frozenset({Scope.ORDERS_READ}))
    program.require_scope(Scope.ORDERS_READ)
    with pytest.raises(KeyLacksScope):
        program.require_scope(needed)
