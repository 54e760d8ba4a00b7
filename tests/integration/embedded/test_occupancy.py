"""One stack on a state directory, and everyone can find it."""

import stat
from pathlib import Path

import pytest

from souk.embedded.installation import load_secrets
from souk.embedded.occupancy import AlreadyUp, Occupant, announce, find_occupant, occupy

STACK = Occupant(4242, "http://127.0.0.1:8123", {"DATABASE_URL": "postgresql:///souk"})


def test_refuses_a_second_and_names_the_first(tmp_path: Path) -> None:
    with occupy(tmp_path):
        announce(tmp_path, STACK)
        with pytest.raises(AlreadyUp, match=r"http://127.0.0.1:8123 \(process 4242\)"):
            occupy(tmp_path).__enter__()


def test_lets_the_next_one_in_when_the_first_has_left(tmp_path: Path) -> None:
    with occupy(tmp_path):
        announce(tmp_path, STACK)
    with occupy(tmp_path):
        assert find_occupant(tmp_path) is None


def test_tells_the_settings_of_the_stack_that_runs(tmp_path: Path) -> None:
    with occupy(tmp_path):
        announce(tmp_path, STACK)
        assert find_occupant(tmp_path) == STACK


def test_finds_nobody_when_the_record_outlived_its_stack(tmp_path: Path) -> None:
    with occupy(tmp_path):
        announce(tmp_path, STACK)
        record = (tmp_path / "running.json").read_text()
    (tmp_path / "running.json").write_text(record)
    assert find_occupant(tmp_path) is None


def test_takes_no_stack_that_was_killed_for_the_one_that_starts(tmp_path: Path) -> None:
    announce(tmp_path, STACK)
    with occupy(tmp_path):
        assert find_occupant(tmp_path) is None


def test_keeps_the_record_to_its_owner(tmp_path: Path) -> None:
    with occupy(tmp_path):
        announce(tmp_path, STACK)
        assert stat.S_IMODE((tmp_path / "running.json").stat().st_mode) == 0o600


def test_makes_secrets_once_and_keeps_them_to_their_owner(tmp_path: Path) -> None:
    first = load_secrets(tmp_path)
    assert load_secrets(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_shows_no_secret_when_printed(tmp_path: Path) -> None:
    secrets = load_secrets(tmp_path)
    assert secrets.secret_key not in repr(secrets)


def test_completes_secrets_when_a_newer_version_needs_more(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"secret_key": "kept", "of_another_version": "too"}')
    assert load_secrets(tmp_path).secret_key == "kept"
    assert "of_another_version" in (tmp_path / "secrets.json").read_text()
