"""Where the stories are played."""

import os
from pathlib import Path

import pytest

from souk.embedded.directories import make_state
from souk.embedded.occupancy import Occupant, announce, occupy
from souk.entrypoints.demo.place import find_place
from souk.entrypoints.failures import CommandFailed

SERVICES = {
    "DATABASE_URL": "postgresql://souk@database/souk",
    "CHAIN_31337_RPC_URLS": "http://node:8545, http://other:8545",
    "PUBLIC_URL": "http://shop.test",
}


def test_place_is_the_running_stack_when_there_is_one(tmp_path: Path) -> None:
    state = make_state(tmp_path / "state")
    with occupy(state):
        announce(state, Occupant(os.getpid(), "http://127.0.0.1:8000", SERVICES))
        place = find_place({}, state)
    assert place is not None
    assert (place.url, place.logs) == ("http://127.0.0.1:8000", state / "logs")


def test_place_is_nowhere_when_nothing_runs(tmp_path: Path) -> None:
    assert find_place({}, tmp_path / "state") is None


def test_place_is_what_the_environment_names(tmp_path: Path) -> None:
    place = find_place(SERVICES, tmp_path / "state")
    assert place is not None
    assert (place.url, place.rpc_url, place.logs) == ("http://shop.test", "http://node:8545", None)


@pytest.mark.parametrize("missing", ["CHAIN_31337_RPC_URLS", "PUBLIC_URL"])
def test_place_is_refused_when_the_environment_names_only_a_part(
    tmp_path: Path, missing: str
) -> None:
    part = {name: value for name, value in SERVICES.items() if name != missing}
    with pytest.raises(CommandFailed, match="set CHAIN_31337_RPC_URLS and PUBLIC_URL"):
        find_place(part, tmp_path / "state")
