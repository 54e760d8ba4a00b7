"""Whose directories are used, and that nobody else's are touched."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from souk.embedded import directories, postgres
from souk.embedded.accounts import Account, unprivileged_account

STRANGER = Account("stranger", 54_321, 54_321)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_closes_what_it_makes(tmp_path: Path) -> None:
    assert mode(directories.make_private(tmp_path / "new")) == 0o700


def test_leaves_an_existing_directory_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir(mode=0o750)
    directories.make_private(tmp_path / "old")
    assert mode(tmp_path / "old") == 0o750


def test_refuses_a_link_in_place_of_a_directory(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(directories.UnsafeDirectory):
        directories.make_private(tmp_path / "link")


def test_lets_an_account_enter_only_through_open_doors(directory: Path) -> None:
    directory.chmod(0o711)
    outer = directory / "outer"
    (outer / "inner").mkdir(parents=True)
    for path in (outer, outer / "inner"):
        path.chmod(0o755)
    before = STRANGER.may_enter(outer / "inner")
    outer.chmod(0o700)
    assert (before, STRANGER.may_enter(outer / "inner")) == (True, False)


def test_keeps_the_state_where_it_is_when_it_can_be_reached(directory: Path) -> None:
    state = directories.make_state(directory / "state")
    assert directories.reachable_state(state, unprivileged_account()) == state


def test_finds_the_same_other_place_when_the_state_is_out_of_reach(
    tmp_path: Path, directory: Path
) -> None:
    first = directories.outside(tmp_path / "state", base=directory)
    assert directories.outside(tmp_path / "state", base=directory) == first
    assert first.parent == directory
    assert first.stat().st_uid == os.geteuid()


def test_copies_the_database_programs_when_they_are_out_of_reach(directory: Path) -> None:
    copy = postgres.copy_of(postgres.installation(), directory)
    said = subprocess.run([copy / "bin" / "initdb", "--version"], capture_output=True, check=True)
    assert said.stdout.startswith(b"initdb (PostgreSQL) 18")
    assert postgres.copy_of(postgres.installation(), directory) == copy
    assert len(list(directory.iterdir())) == 1
