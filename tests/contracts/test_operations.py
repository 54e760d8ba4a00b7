"""The examples of `contracts/docs/operations` run as they are printed, and say what is printed.

A page's ```sh blocks run on a fresh local chain after those of README.md's "Setting up"; a ```text
block is the output of the block before it. Blocks marked `shell` are for the reader alone: they
install and start what this test has started already.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from souk.embedded import anvil, parts
from tests.contracts.conftest import CONTRACTS

PAGES = CONTRACTS / "docs" / "operations"
NAMES = sorted(page.stem for page in PAGES.glob("*.md"))
# One page has two whole lives in it; the others take their time under --deep.
SOME = [name if name == "README" else pytest.param(name, marks=pytest.mark.deep) for name in NAMES]
_SETTING_UP = "## Setting up"
_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", flags=re.M | re.S)
_START = 1_800_000_000


@dataclass(frozen=True)
class Example:
    """Commands, and what the page says that they print."""

    commands: str
    output: str


def examples(text: str) -> list[Example]:
    """The examples of a page in their order."""
    blocks = [(match[1], match[2]) for match in _BLOCK.finditer(text)]
    followers = [*blocks[1:], ("", "")]
    return [
        Example(body, output if after == "text" else "")
        for (kind, body), (after, output) in zip(blocks, followers, strict=True)
        if kind == "sh"
    ]


def read(name: str) -> tuple[str, str]:
    """The page's part that sets up, which only README.md has, and the rest."""
    before, heading, after = (PAGES / f"{name}.md").read_text("utf-8").partition(_SETTING_UP)
    setting_up, _, rest = after.partition("\n## ")
    return setting_up, before + (rest if heading else "")


@pytest.fixture
def chain_url(tmp_path: Path) -> Iterator[str]:
    """A chain as README.md starts it: its times are those of the pages."""
    node = anvil.Anvil(anvil.program(CONTRACTS), anvil.free_port())
    command = [str(node.binary), "--port", str(node.port), "--timestamp", str(_START), "--quiet"]
    running = parts.start(replace(node.part(), command=lambda: command), tmp_path / "anvil.log")
    yield node.url
    running.kill()


def run(page: str, url: str) -> list[str]:
    """What each example of the page prints."""
    # No `pipefail`: a refused call ends with an error, and what it prints is the point.
    lines = ["set -eu", *(one.commands for one in examples(read("README")[0]))]
    for one in examples(page):
        lines += [one.commands, "printf '\\0'"]
    cast = next(CONTRACTS.glob("node_modules/@foundry-rs/cast-*/bin/cast*"))
    path = [str(cast.parent), str(Path(sys.executable).parent), os.environ["PATH"]]
    ran = subprocess.run(
        ["bash", "-c", "\n".join(lines)],
        cwd=CONTRACTS,
        env={**os.environ, "PATH": os.pathsep.join(path), "ETH_RPC_URL": url, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout + ran.stderr
    return ran.stdout.split("\0")[:-1]


@pytest.mark.parametrize("name", SOME)
def test_examples_print_what_the_page_says_when_they_run(name: str, chain_url: str) -> None:
    page = read(name)[1]
    assert run(page, chain_url) == [one.output for one in examples(page)]


@pytest.mark.parametrize("name", NAMES)
def test_page_shows_what_its_examples_print_when_it_is_read(name: str) -> None:
    found = examples(read(name)[1])
    assert any(one.output for one in found)
