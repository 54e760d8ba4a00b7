"""Tracked files tell nothing of a machine; lock files pin every byte and no address."""

import json
import tomllib
from typing import Any

import pytest

from .robots.hygiene import (
    find_loose_packages,
    find_loose_requirements,
    find_stale_locks,
    find_traces,
)
from .robots.tree import ROOT, listing, public_files

LOCKS = ("requirements.lock", "requirements-dev.lock")
HASHED = "a==1 \\\n    --hash=sha256:00\n    # via b\n"


def readable(path: str) -> str:
    return (ROOT / path).read_bytes().decode("utf-8", "replace")


def project() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = tomllib.loads(readable("pyproject.toml"))["project"]
    return found


def test_leaves_no_trace_of_a_machine() -> None:
    found = [v for path in public_files() for v in find_traces(path, readable(path))]

    assert listing(found) == ""


def test_pins_every_requirement_by_hash() -> None:
    locks = [path for path in public_files() if path.endswith(".lock")]

    assert set(LOCKS) < set(locks)
    assert listing(v for path in locks for v in find_loose_requirements(path, readable(path))) == ""


def test_pins_every_npm_package_by_hash() -> None:
    locks = [path for path in public_files() if path.endswith("package-lock.json")]

    assert locks
    assert listing(v for path in locks for v in find_loose_packages(path, readable(path))) == ""


def test_locks_what_the_project_asks_for() -> None:
    runtime = [str(entry) for entry in project()["dependencies"]]
    dev = project()["optional-dependencies"]["dev"]
    found = [
        *find_stale_locks(LOCKS[0], readable(LOCKS[0]), runtime),
        *find_stale_locks(LOCKS[1], readable(LOCKS[1]), runtime + dev),
    ]

    assert listing(found) == ""


@pytest.mark.parametrize(
    "parts",
    [
        ("see /ho", "me/ada/souk"),
        ("cd /wo", "rk/main"),
        ("C:\\Us", "ers\\ada"),
        ("https://files.python", "hosted.org/x"),
        ("registry.np", "mjs.org"),
        ("http://10.", "1.2.3:8080"),
    ],
)
def test_flags_a_line_when_it_names_a_machine(parts: tuple[str, str]) -> None:
    assert listing(find_traces("x.md", "".join(parts))) != ""


@pytest.mark.parametrize(
    "line", ["GET /api/home", "https://example.com/home/page", "127.0.0.1:8000", "docs/work/x"]
)
def test_passes_a_line_when_it_names_the_product_alone(line: str) -> None:
    assert listing(find_traces("x.md", line)) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a==1\n", "no hash"),
        (HASHED.replace("==", ">="), "not pinned"),
        (HASHED + "--index-url https://x\n", "where to download"),
        ("a @ https://x/a.whl --hash=sha256:00\n", "where to download"),
    ],
)
def test_flags_a_requirement_when_it_is_loose(text: str, expected: str) -> None:
    assert expected in listing(find_loose_requirements("x.lock", text))


def test_passes_a_requirement_when_it_is_pinned_by_hash() -> None:
    assert listing(find_loose_requirements("x.lock", HASHED)) == ""


@pytest.mark.parametrize(
    "package",
    [
        {"integrity": "sha512-x", "resolved": "https://x"},
        {"version": "1"},
        {"optional": True, "os": ["linux"], "cpu": ["x64"]},
        {"os": ["darwin"]},
    ],
)
def test_flags_an_npm_package_when_it_is_loose(package: dict[str, Any]) -> None:
    lock = json.dumps({"packages": {"": {}, "node_modules/a": package}})

    assert "node_modules/a" in listing(find_loose_packages("x.json", lock))


def test_passes_a_binary_of_another_platform_without_a_hash() -> None:
    lock = json.dumps({"packages": {"": {}, "a": {"optional": True, "os": ["darwin"]}}})

    assert listing(find_loose_packages("x.json", lock)) == ""


@pytest.mark.parametrize("wanted", ["a>=2", "b>=1"])
def test_flags_a_lock_when_a_dependency_is_missing_or_outside_its_bounds(wanted: str) -> None:
    assert listing(find_stale_locks("x.lock", HASHED, [wanted])) != ""
