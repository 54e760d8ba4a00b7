"""Every mark names a pitfall that is known, so that the list of open ones can be trusted."""

from pathlib import Path

from tests.support import pitfalls

ROOT = Path(__file__).resolve().parents[2]


def test_every_mark_names_a_known_pitfall() -> None:
    assert set(pitfalls.closed(ROOT)) - set(pitfalls.KNOWN) == set()


def test_finds_marks_of_both_languages(tmp_path: Path) -> None:
    python, solidity = tmp_path / "tests" / "test_x.py", tmp_path / "contracts" / "test" / "X.t.sol"
    for path in (python, solidity):
        path.parent.mkdir(parents=True)
    python.write_text('@pytest.mark.pitfall("W6", "W7")\ndef test_x(): ...\n')
    solidity.write_text("    /// Pitfall: P16, P19\n    function test_x() public {}\n")
    assert pitfalls.closed(tmp_path) == {
        "W6": ["tests/test_x.py"],
        "W7": ["tests/test_x.py"],
        "P16": ["contracts/test/X.t.sol"],
        "P19": ["contracts/test/X.t.sol"],
    }


def test_fails_when_a_mark_names_an_unknown_one(tmp_path: Path) -> None:
    path = tmp_path / "tests" / "test_x.py"
    path.parent.mkdir()
    path.write_text('@pytest.mark.pitfall("W99")\ndef test_x(): ...\n')
    assert pitfalls.report(tmp_path) == 1
