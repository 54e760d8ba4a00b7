"""Rules 2 and 7: imports point down, through public files, and vendors speak in adapters."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import grimp
import pytest

from .robots.borders import find_trespasses, find_unwired, souk_graph
from .robots.tree import ROOT, listing

LINT = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"]
MODULES = (
    *("analytics", "webhooks", "books", "evidence", "trade", "payments", "orders"),
    *("ledger", "catalog", "names", "media", "sellers", "accounts", "chain"),
)
INNER = ("api", "service", "repository", "models", "ports", "events", "domain", "errors")
OUTER = ("entrypoints.http", "entrypoints.worker", "bootstrap", "embedded", "adapters", "core.web")
COMMANDS = tuple(f"entrypoints.commands.{name}" for name in ("worker", "seed", "up", "deploy"))
NAMES = [*OUTER, *COMMANDS, "settings", *(f"modules.{m}.{f}" for m in MODULES for f in INNER)]


def lint(folder: Path, *options: str) -> str:
    """The linter's report on the package `souk` in this folder, under the contracts of this
    repository."""
    done = subprocess.run(
        [*LINT, "--config", str(ROOT / "pyproject.toml"), *options],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def a_package(folder: Path, imports: Mapping[str, str]) -> Path:
    """A small `souk` with every part in place; `imports` maps a file to what it imports."""
    for name in NAMES:
        file = folder / "souk" / f"{name.replace('.', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"import {imports[name]}\n" if name in imports else "")
    for package in ("souk", *(f"souk/{path}" for path in _packages())):
        (folder / package / "__init__.py").touch()
    return folder


def _packages() -> set[str]:
    parents = (Path(name.replace(".", "/")).parents for name in NAMES)
    return {str(path) for above in parents for path in above}


def a_graph(importer: str, imported: str) -> grimp.ImportGraph:
    graph = grimp.ImportGraph()
    graph.add_import(importer=importer, imported=imported)
    return graph


def test_keeps_every_import_contract() -> None:
    report = lint(ROOT / "backend", "--no-cache")

    assert " 0 broken" in report, report


def test_keeps_the_contracts_when_a_package_is_clean(tmp_path: Path) -> None:
    imports = {
        "modules.trade.service": "souk.modules.orders.service",
        "entrypoints.http": "souk.bootstrap",
    }

    assert " 0 broken" in lint(a_package(tmp_path, imports), "--no-cache")


@pytest.mark.parametrize(
    ("contract", "importer", "imported"),
    [
        ("outer layers", "core.web", "souk.modules.orders.domain"),
        ("module order", "modules.orders.service", "souk.modules.trade.service"),
        ("inside a module", "modules.orders.domain", "souk.modules.orders.models"),
        ("vendors live in adapters", "modules.chain.service", "web3"),
        ("the worker speaks to queues alone", "entrypoints.worker", "httpx"),
        ("workers load no web", "entrypoints.commands.worker", "fastapi"),
        ("what starts first loads no database layer", "entrypoints.commands.up", "sqlalchemy"),
        ("domain is pure", "modules.orders.domain", "sqlalchemy"),
        ("the web ends at the router", "modules.orders.service", "souk.core.web"),
        ("settings stay at the edge", "modules.orders.service", "souk.settings"),
    ],
)
def test_breaks_the_contract_when_an_import_is_wrong(
    tmp_path: Path, contract: str, importer: str, imported: str
) -> None:
    report = lint(a_package(tmp_path, {importer: imported}), "--no-cache")

    assert f"{contract} BROKEN" in report
    assert " 1 broken" in report


def test_imports_only_public_files_of_other_modules() -> None:
    assert listing(find_trespasses(souk_graph())) == ""


@pytest.mark.parametrize(
    ("importer", "part"),
    [
        ("souk.modules.trade.service", "repository"),
        ("souk.modules.trade.service.place", "models"),
        ("souk.modules.trade.api", "schemas"),
        ("souk.modules.trade.queries", "queries"),
        ("souk.modules.trade.service", "ports"),
        ("souk.modules.trade.handlers", "api"),
        ("souk.adapters.evm.gateway", "service"),
        ("souk.entrypoints.http.pages", "queries"),
        ("souk.entrypoints.worker.ticks", "models"),
        ("souk.bootstrap", "repository"),
    ],
)
def test_flags_an_import_when_the_file_is_private(importer: str, part: str) -> None:
    found = listing(find_trespasses(a_graph(importer, f"souk.modules.orders.{part}")))

    assert "not public" in found


@pytest.mark.parametrize(
    ("importer", "part"),
    [
        ("souk.modules.trade.service", "service"),
        ("souk.modules.trade.service", "service.place"),
        ("souk.modules.trade.handlers", "events"),
        ("souk.modules.orders.service", "repository"),
        ("souk.adapters.evm.gateway", "ports"),
        ("souk.entrypoints.http.app", "api"),
        ("souk.bootstrap", "handlers"),
    ],
)
def test_passes_an_import_when_the_file_is_public(importer: str, part: str) -> None:
    assert listing(find_trespasses(a_graph(importer, f"souk.modules.orders.{part}"))) == ""


def test_wires_every_router_and_handler() -> None:
    assert listing(find_unwired(souk_graph())) == ""


@pytest.mark.parametrize("part", ["api", "handlers"])
def test_flags_a_module_when_the_composition_root_forgot_it(part: str) -> None:
    graph = a_graph(f"souk.modules.orders.{part}", "souk.modules.orders.service")

    assert "not wired" in listing(find_unwired(graph))


def test_passes_a_module_when_the_composition_root_imports_it() -> None:
    graph = a_graph("souk.bootstrap.routers", "souk.modules.orders.api")

    assert listing(find_unwired(graph)) == ""
