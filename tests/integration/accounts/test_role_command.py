"""`souk role`, which knows nothing but the environment."""

import pytest

from souk.core.principal import Role
from souk.entrypoints import cli
from tests.support.account_builders import a_wallet, accounts_on, sign_in


@pytest.fixture
def accounts(committing_uow):
    return accounts_on(committing_uow)


@pytest.fixture(autouse=True)
def _environment(database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:9/0")
    monkeypatch.setenv("SECRET_KEY", "k" * 32)
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setenv("CHAIN_31337_RPC_URLS", "http://127.0.0.1:9")


def roles(accounts):
    return accounts.authenticate(sign_in(accounts, a_wallet()).token).roles


def test_names_the_first_admin(accounts, capsys):
    account_id = sign_in(accounts, a_wallet()).account_id
    assert cli.main(["role", "give", "admin", a_wallet().address]) == 0
    assert capsys.readouterr().out == f"{account_id} is now admin\n"
    assert roles(accounts) == {Role.BUYER, Role.ADMIN}
    assert cli.main(["role", "take", "admin", account_id]) == 0
    assert roles(accounts) == {Role.BUYER}


def test_says_what_is_wrong_when_nobody_has_signed_in_as_that(capsys):
    assert cli.main(["role", "give", "admin", a_wallet("nobody").address]) == 2
    assert "nobody has signed in as that yet" in capsys.readouterr().err
