"""`souk up`: everything on this machine."""

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

from souk.embedded.anvil import AnvilMissing
from souk.embedded.directories import UnsafeDirectory
from souk.embedded.occupancy import AlreadyUp
from souk.embedded.parts import PartFailed
from souk.embedded.postgres import PostgresMissing
from souk.embedded.redis import RedisMissing
from souk.embedded.stack import Options, PortTaken, Stack
from souk.entrypoints.failures import CommandFailed
from souk.entrypoints.places import default_state, project_root
from souk.settings import is_variable

USES_RUNNING_STACK = False
# What programs need in order to run at all, and to be measured while they are tested.
_NEEDED = frozenset({"PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV"})
_NEEDED_PREFIXES = ("LC_", "COVERAGE_", "COV_")
# The contracts on our own chain are put there with a key of its own.
_OF_OTHER_COMMANDS = frozenset({"DEPLOYER_PRIVATE_KEY"})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where it lives."""
    port = int(os.environ.get("HTTP_PORT") or 8000)
    host = os.environ.get("HTTP_HOST") or "127.0.0.1"
    parser.add_argument("--host", default=host, help=f"address to listen on ({host})")
    parser.add_argument(
        "--port", type=int, default=port, help=f"port of the API, 0 for any free one ({port})"
    )
    parser.add_argument(
        "--chain-port", type=int, help="port of the local chain, 0 for any free one (8545)"
    )
    parser.add_argument(
        "--card-port", type=int, help="port of the Stripe sandbox, 0 for any free one (12111)"
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=default_state(os.environ),
        help="where the data is kept (.souk)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Run until Ctrl-C."""
    options = Options(
        state=arguments.state_dir,
        contracts=project_root() / "contracts",
        environment=handed_on(os.environ),
        host=arguments.host,
        port=arguments.port,
        chain_port=arguments.chain_port,
        card_port=arguments.card_port,
    )
    try:
        return Stack(options, _report).run()
    except (
        AlreadyUp,
        AnvilMissing,
        PartFailed,
        PortTaken,
        PostgresMissing,
        RedisMissing,
        UnsafeDirectory,
    ) as error:
        raise CommandFailed(str(error)) from error


def handed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """What the processes of the stack are given of the user's environment. The rest is theirs
    alone: a shell may hold keys of anything, and what is handed on is also written down."""
    return {
        name: value
        for name, value in environment.items()
        if name in _NEEDED
        or name.startswith(_NEEDED_PREFIXES)
        or (is_variable(name) and name not in _OF_OTHER_COMMANDS)
    }


def _report(line: str) -> None:
    print(line, flush=True)
