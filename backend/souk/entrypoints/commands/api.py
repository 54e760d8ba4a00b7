"""`souk api`: serve the API and the plain pages with several processes."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import FastAPI
from granian.constants import Interfaces
from granian.server import Server

from souk.adapters.prometheus.metrics import share_counts
from souk.bootstrap.web import build_web
from souk.core.garbage import keep_what_is_loaded
from souk.core.telemetry import configure_logging
from souk.entrypoints.http.app import create_app
from souk.settings import HttpSettings, Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Overrides of the environment."""
    parser.add_argument("--host", help="address to listen on (HTTP_HOST)")
    parser.add_argument("--port", type=int, help="port to listen on (HTTP_PORT)")
    parser.add_argument("--workers", type=int, help="number of processes (HTTP_WORKERS)")


def run(arguments: argparse.Namespace) -> int:
    """Serve until asked to stop."""
    http = HttpSettings()
    Settings.from_environment()
    with TemporaryDirectory(prefix="souk-metrics-") as directory:
        share_counts(Path(directory))
        Server(
            f"{__name__}:app",
            address=arguments.host or http.http_host,
            port=arguments.port or http.http_port,
            interface=Interfaces.ASGI,
            workers=arguments.workers or http.http_workers,
            factory=True,
            log_access=False,
            respawn_failed_workers=True,
            workers_kill_timeout=3,
        ).serve()
    return 0


def app() -> FastAPI:
    """One serving process' application; called by the server in each of them."""
    settings = Settings.from_environment()
    configure_logging(settings.log.log_level)
    made = create_app(build_web(settings))
    keep_what_is_loaded()
    return made
