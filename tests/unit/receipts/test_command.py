"""`souk verify-receipt`, with nothing but a file."""

import json
from pathlib import Path

import pytest

from souk.entrypoints import cli
from tests.support.receipts import text_of, vector

Said = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A receipt that holds."""
    path = tmp_path / "receipt.json"
    path.write_bytes(text_of(vector()))
    return path


def altered(file: Path) -> Path:
    """The same of another order."""
    file.write_bytes(text_of({**vector(), "order_id": "ord_0"}))
    return file


def test_ends_well_and_says_what_is_left_to_check(file: Path, capsys: Said) -> None:
    code = cli.main(["verify-receipt", str(file)])

    said = capsys.readouterr().out
    assert code == 0
    assert said.startswith(f"HOLDS  escrow {vector()['escrow_id']}")
    assert "That these blocks are the chain's is not checked" in said


def test_tells_programs_what_holds(file: Path, capsys: Said) -> None:
    code = cli.main(["verify-receipt", str(file), "--json"])

    said = json.loads(capsys.readouterr().out)
    assert (code, said["holds"], said["order_id"]) == (0, True, vector()["order_id"])
    assert [proof["canonical"] for proof in said["proofs"]] == [None, None, None]


def test_ends_badly_and_names_the_first_thing_that_does_not_hold(file: Path, capsys: Said) -> None:
    code = cli.main(["verify-receipt", str(altered(file))])

    assert code == 1
    assert capsys.readouterr().out.startswith("DOES NOT HOLD  terms: ")


def test_tells_programs_what_does_not_hold(file: Path, capsys: Said) -> None:
    code = cli.main(["verify-receipt", str(altered(file)), "--json"])

    said = json.loads(capsys.readouterr().out)
    assert (code, said["holds"], said["check"]) == (1, False, "terms")


def test_ends_badly_when_there_is_no_such_file(tmp_path: Path, capsys: Said) -> None:
    code = cli.main(["verify-receipt", str(tmp_path / "none")])

    assert code == 1
    assert (
        capsys.readouterr().out
        == "DOES NOT HOLD  file: it cannot be read: No such file or directory\n"
    )


def test_prints_nothing_of_what_a_stranger_wrote(file: Path, capsys: Said) -> None:
    file.write_bytes(text_of({**vector(), "\x1b[2J": "", "order_id": "\x1b[2J"}))

    cli.main(["verify-receipt", str(file)])

    assert "\x1b" not in capsys.readouterr().out
