"""`souk chain`: where the watchers stand, and what to do when their record is in doubt."""

import argparse
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from pydantic import SecretStr

from souk.adapters.evm.log_source import NodeLogSource
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.rpc import JsonRpcClient
from souk.bootstrap import Container, build
from souk.core.clock import rfc3339
from souk.core.errors import DomainError, UnavailableError
from souk.entrypoints.failures import CommandFailed
from souk.modules.books.service import Rebuilding, Rebuilt
from souk.modules.chain.domain import Replayed, Tips
from souk.modules.chain.domain.standing import WatcherStanding
from souk.modules.chain.service import Mended, Rescanned, Rescans, Standings
from souk.settings import Settings

_TIMEOUT_SECONDS = 3.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and with which chain."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="status|replay|rescan")
    status = acts.add_parser("status", help="where each watcher and its endpoints stand")
    status.add_argument("--json", action="store_true", help="print JSON")
    replay = acts.add_parser("replay", help="compute the record anew by its logs, and mend it")
    replay.add_argument("--check", action="store_true", help="only compare")
    rescan = acts.add_parser("rescan", help="read blocks again, and take in what was missed")
    rescan.add_argument("first", type=_height, metavar="FROM")
    rescan.add_argument("last", type=_height, metavar="TO", nargs="?")
    for act in (status, replay, rescan):
        act.add_argument("--chain", type=_height, metavar="ID", help="only this chain")


def _height(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise argparse.ArgumentTypeError("a whole number")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """0 when all is well; 1 when something is open or differs and a person has to look; 2 when it
    could not be done."""
    container = build(Settings.from_environment())
    try:
        chains = _chosen(container.get(Standings).ids, arguments.chain)
        acts = {"status": _status, "replay": _replay, "rescan": _rescan}
        return max([acts[arguments.act](container, one, arguments) for one in chains], default=0)
    except DomainError as failure:
        raise CommandFailed(failure.detail, 2) from failure
    finally:
        container.close()


def _chosen(followed: tuple[int, ...], wanted: int | None) -> tuple[int, ...]:
    if wanted is None:
        return followed
    if wanted not in followed:
        known = ", ".join(map(str, followed)) or "none"
        raise CommandFailed(f"chain {wanted} is not followed here; there are: {known}", 2)
    return (wanted,)


@dataclass(frozen=True, slots=True)
class _Endpoint:
    """What one endpoint says, without its address, which may hold a key."""

    number: int
    tips: Tips | None
    failure: str | None


def _status(container: Container, chain_id: int, arguments: argparse.Namespace) -> int:
    standing = container.get(Standings).of(chain_id)
    endpoints = list(_endpoints(chain_id, container.settings.rpc_urls))
    told = _status_json if arguments.json else _status_text
    print(told(chain_id, standing, endpoints), flush=True)
    troubled = standing is None or standing.troubled
    return int(troubled or any(endpoint.failure for endpoint in endpoints))


def _endpoints(chain_id: int, urls: Mapping[int, tuple[SecretStr, ...]]) -> Iterable[_Endpoint]:
    for number, url in enumerate(urls.get(chain_id, ()), 1):
        client = JsonRpcClient(
            url.get_secret_value(), label=f"endpoint {number}", timeout_seconds=_TIMEOUT_SECONDS
        )
        source = NodeLogSource(EvmNode(client))
        try:
            serves, _ = source.identity()
            failure = None if serves == chain_id else f"it serves chain {serves}"
            yield _Endpoint(number, source.tips(), failure)
        except UnavailableError as error:
            yield _Endpoint(number, None, error.detail)
        finally:
            client.close()


def _status_json(
    chain_id: int, standing: WatcherStanding | None, endpoints: list[_Endpoint]
) -> str:
    said = {
        "chain_id": chain_id,
        "watcher": None if standing is None else asdict(standing),
        "endpoints": [
            {
                "number": one.number,
                "head": one.tips.head.number if one.tips else None,
                "safe": one.tips.safe if one.tips else None,
                "final": one.tips.final if one.tips else None,
                "lag": _lag(standing, one),
                "failure": one.failure,
            }
            for one in endpoints
        ],
    }
    return json.dumps(said, default=rfc3339)


def _lag(standing: WatcherStanding | None, endpoint: _Endpoint) -> int | None:
    if standing is None or endpoint.tips is None:
        return None
    return endpoint.tips.head.number - standing.head


def _status_text(
    chain_id: int, standing: WatcherStanding | None, endpoints: list[_Endpoint]
) -> str:
    lines = [f"chain {chain_id}"]
    lines += ["  never followed"] if standing is None else _watcher_lines(standing)
    for one in endpoints:
        if one.tips is None or one.failure:
            lines.append(f"  endpoint {one.number}  FAILS: {one.failure}")
            continue
        tags = f"safe {_or_dash(one.tips.safe)}, final {_or_dash(one.tips.final)}"
        lag = _or_dash(_lag(standing, one))
        lines.append(f"  endpoint {one.number}  head {one.tips.head.number}, {tags}, lag {lag}")
    return "\n".join(lines)


def _watcher_lines(standing: WatcherStanding) -> list[str]:
    head_at = "-" if standing.head_at is None else rfc3339(standing.head_at)
    advanced = "-" if standing.advanced_at is None else rfc3339(standing.advanced_at)
    held = "free" if standing.lease_owner is None else f"held by {standing.lease_owner}"
    facts = ", ".join(f"{count} {level}" for level, count in sorted(standing.standing.items()))
    levels = f"confirmed {standing.confirmed}, safe {standing.safe}, final {standing.final}"
    lines = [
        f"  taken in    up to block {standing.head} of {head_at}, last at {advanced}",
        f"  levels      {levels}",
        f"  lease       {held}, epoch {standing.lease_epoch}",
        f"  facts       {facts or 'none'}",
    ]
    if standing.unproved:
        lines.append(f"  unproved    {standing.unproved}: {standing.proof_failure or 'on its way'}")
    gaps = [f"{gap.first} to {gap.last} since {rfc3339(gap.opened_at)}" for gap in standing.gaps]
    asked = [f"{i.reason} since {rfc3339(i.opened_at)}: {i.detail}" for i in standing.incidents]
    lines += [f"  GAP         {one}" for one in gaps]
    return lines + [f"  INCIDENT    {one}" for one in asked]


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)


def _replay(container: Container, chain_id: int, arguments: argparse.Namespace) -> int:
    rebuilding = container.get(Rebuilding)
    if arguments.check:
        rebuilt = rebuilding.check(chain_id)
        print(_rebuilt_text(chain_id, rebuilt), flush=True)
        return int(not rebuilt.equal)
    mended, legs = rebuilding.mend(chain_id)
    print(_mended_text(chain_id, mended, legs), flush=True)
    return int(not mended.after.equal)


def _rebuilt_text(chain_id: int, rebuilt: Rebuilt) -> str:
    lines = _record_lines(chain_id, rebuilt.record)
    lines.append(f"  legs        {rebuilt.legs} computed anew, {len(rebuilt.unlike)} differ")
    if rebuilt.waiting:
        lines.append(f"  on its way  news of {rebuilt.waiting} more")
    for unlike in rebuilt.unlike[:20]:
        leg, due = unlike.leg, unlike.due
        lines.append(f"  DIFFERS     {leg.id} is {leg.status}, holds {leg.held}")
        lines.append(f"              by the logs {due.status}, holds {due.held}")
    for broken in rebuilt.breaks[:20]:
        lines.append(f"  BREAK       {broken.rule} of {broken.subject}: {broken.detail}")
    lines.append(f"  {'equal, byte for byte' if rebuilt.equal else 'NOT EQUAL'}")
    return "\n".join(lines)


def _mended_text(chain_id: int, mended: Mended, legs: int) -> str:
    lines = _record_lines(chain_id, mended.before)
    if not mended.before.equal:
        lines.append(f"  mended      {mended.taken} facts taken in, {mended.lost} taken back")
    lines.append(f"  legs        {legs} set right")
    lines.append(f"  {'equal, byte for byte' if mended.after.equal else 'STILL NOT EQUAL'}")
    return "\n".join(lines)


def _record_lines(chain_id: int, record: Replayed) -> list[str]:
    lines = [
        f"chain {chain_id}",
        f"  by the logs {record.facts} facts, sha256 {record.due_digest}",
        f"  recorded    sha256 {record.shown_digest}",
    ]
    for how, count in sorted(record.unlike.items()):
        lines.append(f"  {how.upper():<11} {count}")
    lines += [f"              {one}" for one in record.some]
    if record.loose_blocks:
        lines.append(f"  LOOSE       {record.loose_blocks} blocks do not hang together")
    return lines


def _rescan(container: Container, chain_id: int, arguments: argparse.Namespace) -> int:
    def say(so_far: Rescanned) -> None:
        print(f"chain {chain_id}: {so_far.blocks} blocks read", flush=True)

    found = container.get(Rescans).rescan(chain_id, arguments.first, arguments.last, say=say)
    print(
        f"chain {chain_id}: blocks {found.first} to {found.last}\n"
        f"  read        {found.blocks} blocks, {found.logs} logs of the contract\n"
        f"  missed      {found.missed} logs, which brought {found.facts} facts\n"
        f"  unconfirmed {found.unconfirmed} stored logs that the node does not give\n"
        f"  elsewhere   {found.elsewhere} blocks that are not on the recorded branch",
        flush=True,
    )
    return int(not found.explained)
