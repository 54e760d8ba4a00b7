"""`souk <command>`: the one program of this installation."""

import argparse
import gc
import importlib
import os
import sys
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from types import ModuleType

from pydantic import ValidationError

import souk
from souk.core.startup import SettingsRefused
from souk.embedded.occupancy import find_occupant
from souk.entrypoints.failures import CommandFailed
from souk.entrypoints.places import default_state

# What each command is for. The command itself is in `souk.entrypoints.commands.<name>`,
# with `_` for `-`.
COMMANDS = {
    "up": "run everything on this machine: database, Redis, chain, API and workers",
    "demo": "play whole purchases over HTTP and check them",
    "api": "serve the API and the plain pages",
    "worker": "run the jobs of one queue: events, timers or chain-<id>",
    "migrate": "bring the database to this version's schema",
    "deploy": "put the contracts on a chain, once",
    "seed": "stock a small demo shop, once",
    "reconcile": "compare the rails with the books, and mend what was missed",
    "chain": "say where the watchers stand, compute their records anew, or read blocks again",
    "media": "say how pictures and pins stand, mend them, or take them elsewhere",
    "role": "make somebody arbiter, support or admin, or end it",
    "verify-receipt": "check the proof of an escrow, with no server or database",
    "doctor": "check every dependency and say what to do",
}
_PACKAGE = "souk.entrypoints.commands"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    overview = _overview()
    if not words or words[0] not in COMMANDS:
        overview.parse_args(words or ["--help"])
        return 2
    # Only the command that was asked for is loaded: the supervisor needs neither the web
    # framework nor the chain library, and is up in a fraction of their loading time.
    command = _load(words[0])
    try:
        return int(command.run(_arguments(command, words)))
    except CommandFailed as failure:
        print(f"souk {words[0]}: {failure}", file=sys.stderr)
        return failure.exit_code
    except ValidationError as wrong:
        for fault in wrong.errors(include_input=False):
            variable = "_".join(str(part) for part in fault["loc"]).upper()
            print(f"souk {words[0]}: {variable}: {fault['msg']}", file=sys.stderr)
        return 2
    except SettingsRefused as refused:
        print(f"souk {words[0]}: {refused}", file=sys.stderr)
        return 2


def _load(name: str) -> ModuleType:
    # What loads stays: looking for garbage in it all the while takes a tenth of the time.
    gc.disable()
    try:
        return importlib.import_module(f"{_PACKAGE}.{name.replace('-', '_')}")
    finally:
        gc.enable()


def _arguments(command: ModuleType, words: Sequence[str]) -> argparse.Namespace:
    """What the words ask of the command, and the settings of the running stack for it."""
    if hasattr(command, "refuse_words"):
        command.refuse_words(words[1:])
    # A word that is cut short must not be taken for another one.
    parser = argparse.ArgumentParser(
        prog=f"souk {words[0]}", description=COMMANDS[words[0]], allow_abbrev=False
    )
    command.add_arguments(parser)
    arguments = parser.parse_args(words[1:])
    if getattr(command, "USES_RUNNING_STACK", True):
        adopt_running_stack(os.environ, default_state(os.environ))
    return arguments


def _overview() -> argparse.ArgumentParser:
    listing = "\n".join(f"  {name:<14} {text}" for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="souk",
        description=f"The backend of a marketplace.\n\ncommands:\n{listing}",
        epilog="`souk <command> --help` says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"souk {souk.__version__}")
    parser.add_argument("command", choices=COMMANDS, metavar="command")
    return parser


def adopt_running_stack(environment: MutableMapping[str, str], state: Path) -> None:
    """Let a command that is typed by hand find the stack that `souk up` runs: unless a database
    is named, the settings of the running stack are taken, and what is set stays."""
    if environment.get("DATABASE_URL"):
        return
    occupant = find_occupant(state)
    if occupant is not None:
        for name, value in occupant.environment.items():
            environment.setdefault(name, value)


if __name__ == "__main__":
    sys.exit(main())
