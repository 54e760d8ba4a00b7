"""The first story told by one process that may die in it: the API, the workers' part and the
people's wallets. Told again it goes on where it ended, as clients know what they were answered,
and wallets what they signed."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import psycopg
from eth_account import Account
from sqlalchemy.exc import OperationalError

from souk.core.errors import UnavailableError
from souk.modules.chain.service import Chains, rebroadcasts
from souk.modules.payments.service import Following
from tests.support.buyer_client import Refused
from tests.support.buyer_wallet import BuyerNode, BuyerWallet, Kept
from tests.support.kill_story import KillStory, Person
from tests.support.kill_world import CHAIN_ID, FUNDS, RICH_KEY
from tests.support.shop import Shop

T = TypeVar("T")

_ROUNDS = 40
_TRIES = 10
# As if the seconds had passed after which another watcher takes over from one that died, or that
# was never told that it has the lease. The database's clock decides, which nobody here moves.
LAPSE = b"UPDATE chain SET lease_until = clock_timestamp() WHERE lease_until IS NOT NULL"
_LINE = ("pending_payment", "paid", "processing", "shipped", "delivered", "completed")


class NoBlow:
    """What `KillStory` tells of its points is not of interest here."""

    victim = None
    struck = False

    def chosen(self, _point: str) -> bool:
        return False

    def at(self, point: str) -> None:
        """Between two steps."""

    def during(self, _tables: Mapping[str, str], act: Callable[[], T]) -> T:
        return act()

    def meanwhile(self, _point: str, _table: str) -> AbstractContextManager[None]:
        return nullcontext()

    def holding(self, _part: str, *_points: str) -> AbstractContextManager[None]:
        return nullcontext()


@dataclass
class ToldClient:
    """Remembers what it was answered, and asks for the rest again under the same keys."""

    shop: Shop
    happened: Counter[str]
    memory: Path
    meanwhile: Callable[[], None]
    _asked: Counter[str] = field(default_factory=Counter)
    _known: dict[str, dict] = field(init=False)

    def __post_init__(self) -> None:
        lines = self.memory.read_text().splitlines() if self.memory.exists() else []
        self._known = dict(map(json.loads, lines))

    def ask(self, method: str, path: str, body: object = None, *, token: str | None = None) -> dict:
        """One request until it is answered with success. Raises `Refused`."""
        what = f"{method} {path}"
        if method == "GET":
            return self._answer(what, body, token, key=None)
        self._asked[what] += 1
        key = sha256(f"{what} {self._asked[what]}".encode()).hexdigest()
        if key not in self._known:
            self._known[key] = self._answer(what, body, token, key=key)
            with self.memory.open("a") as memory:
                print(json.dumps([key, self._known[key]]), file=memory)
        return self._known[key]

    def _answer(self, what: str, body: object, token: str | None, *, key: str | None) -> dict:
        method, path = what.split(" ")
        for _ in range(_TRIES):
            answer = self.shop.api(method, path, body, token=token, key=key)
            if answer.is_success:
                return answer.json() if answer.content else {}
            if not answer.json().get("retryable"):
                break
            self.happened[answer.json()["code"]] += 1
            self.shop.clock.advance(seconds=61)
            self.meanwhile()
        raise Refused(what, answer)


class CrashWorld:
    """What `KillStory` and its oracle need, in this very process."""

    def __init__(self, shop: Shop, database_url: str, memory: Path) -> None:
        self.happened: Counter[str] = Counter()
        self.client = ToldClient(shop, self.happened, memory, self._work)
        self.node = BuyerNode(shop.chain.url)
        self.kept = Kept(self.node, self.happened)
        self._shop = shop
        self._rows = psycopg.connect(database_url, autocommit=True)
        # Nothing else sends from it, so the transactions are the same at each telling.
        self._rich = BuyerWallet(CHAIN_ID, Account.from_key(RICH_KEY))
        self._wallets = 0

    def close(self) -> None:
        """Give the connections back."""
        self._rows.close()
        self.node.close()

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        """What a query finds."""
        return self._rows.execute(query.encode(), parameters).fetchall()

    def named_rows(self, query: str, parameters: Mapping[str, object]) -> list[tuple]:
        """What a query with named parameters finds."""
        return self._rows.execute(query.encode(), parameters).fetchall()

    def value(self, query: str, *parameters: object):
        """The one value of the one row that a query finds."""
        ((found,),) = self.rows(query, *parameters)
        return found

    def wallet(self) -> BuyerWallet:
        """The next wallet of the story, with one coin in it."""
        self._wallets += 1
        wallet = Account.from_key(sha256(f"wallet {self._wallets}".encode()).digest())
        self.kept.keep(self._rich.sign(wallet.address, value=FUNDS))
        self.kept.require_mined()
        return BuyerWallet(CHAIN_ID, wallet)

    def patiently(self, act: Callable[[], T], _what: str) -> T:
        """The node is always there."""
        return act()

    def mine(self, blocks: int = 1) -> None:
        """Add blocks."""
        self.node.mine(blocks)

    def until(self, probe: Callable[[], T], what: str) -> T:
        """Let the workers work and the chain go on until something is so."""
        doubt: AssertionError | None = None
        for _ in range(_ROUNDS):
            try:
                if found := probe():
                    return found
            except AssertionError as error:
                doubt = error
            self._work()
        raise AssertionError(f"not in {_ROUNDS} rounds: {what}") from doubt

    def require_ready(self) -> None:
        """The API is this process."""

    def _work(self) -> None:
        """One round of everything that the worker processes do."""
        shop, chains = self._shop, self._shop.container.get(Chains)
        shop.clock.advance(seconds=2)
        self._rows.execute(LAPSE)
        self.node.mine()
        following = shop.container.get(Following)
        for part in (
            shop.follow,
            shop.fire_timers,
            lambda: following.follow_sent(CHAIN_ID),
            shop.keep,
            *(periodic.tick for periodic in rebroadcasts(chains)),
        ):
            # A worker process says so in its log, and comes back to it.
            with suppress(UnavailableError, OperationalError):
                part()


class ToldStory(KillStory):
    """What was signed or reached at an earlier telling is not waited for."""

    def _would_pass(self, who: Person, call: dict) -> bool:
        self._world.kept.require_mined()
        sent = self._world.node.number("eth_getTransactionCount", who.wallet.address, "latest")
        return sent > len(who.sent) or super()._would_pass(who, call)

    def _await_status(self, status: str, point: str) -> None:
        at_least = _LINE.index(status)
        self._world.until(
            lambda: _LINE.index(self._status()) >= at_least, f"the order to be {status}"
        )
        self._blow.at(point)
