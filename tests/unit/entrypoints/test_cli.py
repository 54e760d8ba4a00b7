"""The one program: its commands, and how a command finds the stack that runs."""

from pathlib import Path

import pytest

from souk.embedded.occupancy import Occupant, announce, occupy
from souk.entrypoints import cli
from souk.entrypoints.places import default_state, project_root

RUNNING = {"DATABASE_URL": "postgresql:///running", "SECRET_KEY": "of the running stack"}


@pytest.fixture
def state(tmp_path: Path):
    with occupy(tmp_path):
        announce(tmp_path, Occupant(1, "http://127.0.0.1:1", RUNNING))
        yield tmp_path


def test_lists_its_commands_when_called_without_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in cli.COMMANDS)


def test_refuses_a_command_that_it_does_not_know(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["sell"])
    assert ended.value.code == 2
    assert "sell" in capsys.readouterr().err


def test_takes_the_settings_of_the_running_stack(state: Path) -> None:
    environment: dict[str, str] = {}
    cli.adopt_running_stack(environment, state)
    assert environment == RUNNING


def test_keeps_what_the_user_has_set(state: Path) -> None:
    environment = {"SECRET_KEY": "of the user"}
    cli.adopt_running_stack(environment, state)
    assert environment["SECRET_KEY"] == "of the user"


def test_leaves_the_running_stack_alone_when_a_database_is_named(state: Path) -> None:
    environment = {"DATABASE_URL": "postgresql:///other"}
    cli.adopt_running_stack(environment, state)
    assert environment == {"DATABASE_URL": "postgresql:///other"}


def test_adopts_nothing_when_no_stack_runs(tmp_path: Path) -> None:
    environment: dict[str, str] = {}
    cli.adopt_running_stack(environment, tmp_path)
    assert environment == {}


def test_keeps_its_data_beside_the_code_unless_told_otherwise() -> None:
    assert default_state({}) == project_root() / ".souk"
    assert default_state({"STATE_DIR": "/elsewhere"}) == Path("/elsewhere")
