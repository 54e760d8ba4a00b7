"""A supervisor with a few real parts, run as a process of its own so that a test can kill it.

    python -m tests.support.small_stack <directory> [postgres redis stripe horses stubborn ...]

It prints `ready` once all parts serve.
"""

import sys
import textwrap
from pathlib import Path

from souk.embedded import accounts, parts, postgres
from souk.embedded.accounts import Account
from souk.embedded.anvil import free_port
from souk.embedded.directories import make_private
from souk.embedded.redis import redis_server
from souk.embedded.stripe import stripe_sandbox
from souk.embedded.supervisor import StopAsked, Supervisor

# Children in process groups of their own, one of them orphaned, all deaf to SIGTERM: worse than
# any job queue's work-horses.
HORSES = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for orphan in (True, False):
    child = os.fork()
    if child == 0:
        os.setpgrp()
        if orphan and os.fork():
            os._exit(0)
        time.sleep(600)
    if orphan:
        os.waitpid(child, 0)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
time.sleep(600)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
time.sleep(600)
"""
BRIEF = """
print("the oven is on fire", flush=True)
raise SystemExit(3)
"""
CRASHING = """
import time
time.sleep(0.1)
raise SystemExit(4)
"""
PROGRAMS = {"horses": HORSES, "stubborn": STUBBORN, "brief": BRIEF, "crashing": CRASHING}


def a_cluster(directory: Path, account: Account | None) -> postgres.Cluster:
    """Below `directory`; its passwords must be quoted in URLs."""
    return postgres.cluster(
        directory / "postgres",
        account,
        owner_password="o/w:n@er",
        password="pass word",
        options=postgres.THROWAWAY_OPTIONS,
    )


def part_called(name: str, directory: Path) -> parts.Part:
    """One of the parts by its name."""
    if name == "postgres":
        return a_cluster(directory, accounts.unprivileged_account()).part()
    if name == "redis":
        return redis_server(directory / name).part()
    if name == "stripe":
        return stripe_sandbox(directory / name, free_port()).part()
    command = [sys.executable, "-c", textwrap.dedent(PROGRAMS[name])]
    return parts.Part(name, lambda: command, lambda: name != "brief")


def main(directory: Path, names: list[str]) -> int:
    """Run until asked to stop."""
    logs = make_private(directory / "logs")
    try:
        with Supervisor(logs, lambda line: print(line, flush=True)) as supervisor:
            supervisor.start(*(part_called(name, directory) for name in names))
            print("ready", flush=True)
            print(supervisor.watch(), flush=True)
            return 1
    except StopAsked:
        return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
