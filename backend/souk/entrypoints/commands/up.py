"""`souk up`: everything on this machine."""

import argparse
import os
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

USES_RUNNING_STACK = False


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
        environment=dict(os.environ),
        host=arguments.host,
        port=arguments.port,
        chain_port=arguments.chain_port,
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


def _report(line: str) -> None:
    print(line, flush=True)
