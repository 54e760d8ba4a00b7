"""`souk doctor`: what is well, what is not, and what to do about it."""

import argparse
import os
from collections.abc import Iterator
from functools import partial

from souk.entrypoints import examinations
from souk.entrypoints.diagnosis import Check, Finding, as_json, as_text, examine
from souk.entrypoints.places import default_state, project_root
from souk.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How to say it."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check everything; 0 when all is well."""
    findings = list(_examine_all())
    print(as_json(findings) if arguments.json else as_text(findings))
    return 0 if all(finding.well for finding in findings) else 1


def _examine_all() -> Iterator[Finding]:
    root, state = project_root(), default_state(os.environ)
    yield examine("python", examinations.python)
    yield examine("packages", partial(examinations.packages, root / "requirements.lock"))
    if not all(os.environ.get(name) for name in ("DATABASE_URL", "REDIS_URL")):
        yield examine("programs", partial(examinations.programs, root / "contracts"))
    yield examine("disk", partial(examinations.disk, state))
    complete = examine("settings", partial(examinations.settings, Settings.from_environment))
    yield complete
    if complete.well:
        yield from (examine(name, check) for name, check in _services())


def _services() -> Iterator[tuple[str, Check]]:
    known = Settings.from_environment()
    yield "database", partial(examinations.database, known.database.database_url)
    yield "redis", partial(examinations.queue, known.redis.redis_url)
    for chain_id, urls in known.rpc_urls.items():
        for number, url in enumerate(urls, 1):
            name = f"chain {chain_id}" + (f" #{number}" if len(urls) > 1 else "")
            yield name, partial(examinations.chain, chain_id, url, known.paths.deployments)
        quorum = known.chains.chain_quorum
        yield f"endpoints {chain_id}", partial(examinations.endpoints, len(urls), quorum)
    yield "malware scanner", partial(examinations.scanner, known.scanner)
    yield "pins", partial(examinations.pins, known.database.database_url)
    if known.cards is not None:
        yield "cards", partial(examinations.cards, known.cards)
