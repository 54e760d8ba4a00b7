"""What `souk up` hands on of the user's environment."""

import pytest

from souk.entrypoints.commands.up import handed_on


@pytest.mark.parametrize(
    "name",
    [
        "DATABASE_URL",
        "KEEPER_PRIVATE_KEY",
        "CHAIN_8453_RPC_URLS",
        "PATH",
        "LC_ALL",
        "TMPDIR",
        "COVERAGE_FILE",
    ],
)
def test_hands_on_what_the_stack_needs(name: str) -> None:
    assert handed_on({name: "x"}) == {name: "x"}


@pytest.mark.parametrize(
    "name",
    ["AWS_SECRET_ACCESS_KEY", "DATABASE_URL_OLD", "CHAIN_x_RPC_URLS", "DEPLOYER_PRIVATE_KEY"],
)
def test_keeps_back_what_is_not_of_the_stack(name: str) -> None:
    assert handed_on({name: "x"}) == {}
