"""What a test must look like."""

import pytest

from .robots.cases import ABSENT, find_patches, find_silent_tests, find_skips, find_sleeps
from .robots.tree import Source, listing, snippet, sources

FILE = "tests/unit/orders/test_moves.py"


def case(body: str) -> Source:
    return snippet(f"def test_x(monkeypatch):\n    {body}\n", FILE)


def test_sleeps_nowhere() -> None:
    assert listing(find_sleeps(sources("tests"))) == ""


def test_patches_nothing() -> None:
    assert listing(find_patches(sources("tests"))) == ""


def test_skips_nothing() -> None:
    assert listing(find_skips(sources("tests"))) == ""


def test_asserts_in_every_test() -> None:
    assert listing(find_silent_tests(sources("tests"))) == ""


@pytest.mark.parametrize("body", ["time.sleep(1)", "sleep(1)", "await asyncio.sleep(0.1)"])
def test_flags_a_sleep_when_a_test_waits(body: str) -> None:
    assert "sleeps" in listing(find_sleeps([snippet(f"async def test_x():\n    {body}\n", FILE)]))


def test_passes_a_sleep_when_a_helper_polls_or_a_task_yields() -> None:
    polling = snippet("def wait():\n    while 1:\n        sleep(0.1)\n", "tests/support/waits.py")
    yielding = snippet("async def test_x():\n    await asyncio.sleep(0)\n", FILE)

    assert listing(find_sleeps([polling, yielding])) == ""


def test_flags_a_sleep_when_a_helper_does_not_look_again() -> None:
    helper = snippet("def wait():\n    sleep(0.1)\n", "tests/support/waits.py")

    assert "sleeps" in listing(find_sleeps([helper]))


@pytest.mark.parametrize(
    "text",
    [
        "from unittest.mock import patch\n",
        "import unittest.mock\n",
        "def test_x(mocker): ...\n",
        "def test_x(monkeypatch):\n    monkeypatch.setattr('souk.core.clock.now', 1)\n",
    ],
)
def test_flags_a_patch_when_code_is_replaced(text: str) -> None:
    assert listing(find_patches([snippet(text, FILE)])) != ""


def test_passes_a_changed_environment() -> None:
    assert listing(find_patches([case("monkeypatch.setenv('A', 'b')")])) == ""


@pytest.mark.parametrize(
    "text",
    [
        "@pytest.mark.skip\ndef test_x(): ...\n",
        "@pytest.mark.xfail(strict=True)\ndef test_x(): ...\n",
        "pytestmark = pytest.mark.skipif(True)\n",
        "@pytest.mark.flaky(reruns=3)\ndef test_x(): ...\n",
        "pytest.importorskip('x')\n",
        "from pytest import skip\n",
    ],
)
def test_flags_a_skip_when_a_test_may_not_count(text: str) -> None:
    assert listing(find_skips([snippet(text, FILE)])) != ""


@pytest.mark.parametrize("body", ["run()", "wallet.check()", "x = 1"])
def test_flags_a_test_when_it_asserts_nothing(body: str) -> None:
    assert "test_x asserts nothing" in listing(find_silent_tests([case(body)]))


@pytest.mark.parametrize(
    "body", ["assert x", "pytest.raises(X, f)", "books.assert_balanced()", "outer()"]
)
def test_passes_a_test_when_it_or_its_helper_asserts(body: str) -> None:
    helpers = snippet(
        "def inner():\n    assert 1\ndef outer():\n    inner()\n", "tests/support/x.py"
    )

    assert listing(find_silent_tests([case(body), helpers])) == ""


def test_passes_a_skip_where_alone_an_absent_program_is_told_of() -> None:
    text = "def not_run(what):\n    pytest.skip(what)\n"

    assert listing(find_skips([snippet(text, ABSENT)])) == ""
    assert listing(find_skips([snippet(text, FILE)])) != ""
