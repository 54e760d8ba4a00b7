"""What runs here and what is given."""

from pathlib import Path

import pytest

from souk.embedded import foundations
from tests.support.stack import CONTRACTS

GIVEN = {
    "DATABASE_URL": "postgresql://db.internal/souk",
    "REDIS_URL": "redis://cache.internal",
    "CHAIN_8453_RPC_URLS": "https://node.internal",
}


def lay(state: Path, *given: str) -> foundations.Foundations:
    environment = {name: GIVEN[name] for name in given}
    return foundations.lay(state, CONTRACTS, environment, chain_port=0, redeploy=lambda: None)


def test_runs_nothing_when_everything_is_given(tmp_path: Path) -> None:
    assert lay(tmp_path, *GIVEN).parts == ()


def test_hands_given_addresses_on_unchanged(tmp_path: Path) -> None:
    assert lay(tmp_path, *GIVEN).environment.items() >= GIVEN.items()


def test_runs_the_rest_when_one_service_is_given(tmp_path: Path) -> None:
    assert lay(tmp_path, "CHAIN_8453_RPC_URLS", "DATABASE_URL").names == {"redis"}


def test_follows_the_given_chains_and_no_other(tmp_path: Path) -> None:
    assert lay(tmp_path, *GIVEN).chains == (8453,)


def test_runs_a_chain_of_its_own_when_none_is_given(tmp_path: Path) -> None:
    assert lay(tmp_path, "DATABASE_URL", "REDIS_URL").chains == (31337,)


def test_takes_an_empty_variable_for_none_given() -> None:
    assert foundations.chain_ids({"CHAIN_1_RPC_URLS": " ", "CHAIN_2_RPC_URLS": "x"}) == (2,)


@pytest.mark.parametrize("given", GIVEN)
def test_is_disposable_only_when_database_and_chain_are_its_own(tmp_path: Path, given: str) -> None:
    assert lay(tmp_path, given).disposable is (given == "REDIS_URL")


def test_keeps_its_secret_key_when_laid_again(tmp_path: Path) -> None:
    first, again = lay(tmp_path, *GIVEN), lay(tmp_path, *GIVEN)
    assert first.environment["SECRET_KEY"] == again.environment["SECRET_KEY"]


def test_signs_with_the_given_secret_key_when_there_is_one(tmp_path: Path) -> None:
    laid = foundations.lay(
        tmp_path, CONTRACTS, {**GIVEN, "SECRET_KEY": "mine"}, redeploy=lambda: None
    )
    assert laid.environment["SECRET_KEY"] == "mine"
