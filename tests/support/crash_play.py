"""One telling of the story in a process of its own, which its blow may end."""

import json
import sys
import traceback
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import cast

from souk.adapters.evm import registry
from souk.embedded import anvil
from souk.embedded.anvil import CHAIN_ID
from tests.support import kill_oracle
from tests.support.clock import START, MovableClock
from tests.support.crash_sites import Blow, Kind, Site, Sites
from tests.support.crash_world import CrashWorld, NoBlow, ToldStory
from tests.support.kill_blow import KillBlow
from tests.support.kill_world import KillWorld
from tests.support.shop import unwatched
from tests.support.stack import CONTRACTS, Chain


@dataclass(frozen=True)
class Telling:
    """Which parts to tell it with, what befalls it, and how long after the first telling it is."""

    database_url: str
    redis_url: str
    chain_port: int
    state: Path
    blow: Blow | None = None
    minutes_later: int = 0

    @property
    def told(self) -> Path:
        """Where the process leaves what it has counted."""
        return self.state / "told.json"

    @property
    def memory(self) -> Path:
        """What the clients were answered."""
        return self.state / "answers.jsonl"

    @property
    def said(self) -> Path:
        """Where it leaves why it failed."""
        return self.state / "said.txt"


@dataclass(frozen=True)
class Told:
    """How often each place made its call, which places end transactions, and whether the blow
    fell."""

    calls: dict[Site, int]
    ends: frozenset[Site]
    struck: bool


def play(telling: Telling) -> None:
    """Tell the story and check its end; leaves the process with 1 if anything is not as it should
    be."""
    sites = Sites(telling.blow)
    sites.watch()
    try:
        _tell(telling)
    except BaseException:
        telling.said.write_text(traceback.format_exc())
        sys.exit(1)
    rows = [[*site, count, site in sites.ends] for site, count in sites.calls.items()]
    telling.told.write_text(json.dumps({"rows": rows, "struck": sites.struck}))


def read(telling: Telling) -> Told:
    """What a process left that came to its end."""
    told = json.loads(telling.told.read_text())
    calls = {Site(Kind(kind), line): count for kind, line, count, _ in told["rows"]}
    ends = frozenset(Site(Kind(kind), line) for kind, line, _, ends in told["rows"] if ends)
    return Told(calls, ends, told["struck"])


def _tell(telling: Telling) -> None:
    deployment = registry.find(telling.state / "deployments", CHAIN_ID)
    assert deployment is not None
    node = anvil.Anvil(anvil.program(CONTRACTS), telling.chain_port, ticking=False)
    # The process does not own the node, so there is nothing of it to end.
    chain = Chain(node, cast(object, None))
    clock = MovableClock(START + timedelta(minutes=telling.minutes_later))
    parts = telling.database_url, telling.redis_url, chain, deployment, clock, telling.state
    with unwatched(*parts) as running:
        world = CrashWorld(running, telling.database_url, telling.memory)
        try:
            story = ToldStory(cast(KillWorld, world), cast(KillBlow, NoBlow()))
            story.play()
            end = kill_oracle.told(story)
            kill_oracle.await_rest(world, end)
            kill_oracle.check(world, end)
        finally:
            world.close()
