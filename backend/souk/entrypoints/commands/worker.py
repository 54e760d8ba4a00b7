"""`souk worker <queue>`: run the jobs of one queue until asked to stop."""

import argparse

from souk.bootstrap import build
from souk.core.telemetry import configure_logging
from souk.entrypoints.worker import run_worker
from souk.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Exactly one queue: only then is taking a job from it safe against crashes."""
    parser.add_argument("queue", help="events, timers, webhooks or chain-<id>")


def run(arguments: argparse.Namespace) -> int:
    """Work until asked to stop."""
    settings = Settings.from_environment()
    configure_logging(settings.log.log_level)
    return run_worker(build(settings), arguments.queue)
