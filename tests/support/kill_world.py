"""One running stack as the campaign sees it: over HTTP, JSON-RPC, SQL, and by its processes."""

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

import httpx
import psycopg
from eth_account import Account

from tests.support.buyer_client import BuyerClient
from tests.support.buyer_wallet import BuyerNode, BuyerWallet, Kept
from tests.support.kill_parts import KillParts
from tests.support.waiting import eventually
from tests.support.whole_stack import WholeStack

T = TypeVar("T")

CHAIN_ID = 31337
FUNDS = 10**18
# Long enough for whatever waits for a lease or a lock of somebody who died.
STEP_SECONDS = 45
# One of the ten accounts that every anvil funds; no part of the stack sends from it.
RICH_KEY = "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"


class KillWorld:
    """Use it as a context manager. `happened` counts what befell clients and wallets."""

    def __init__(self, stack: WholeStack, *, real_minutes: bool = False) -> None:
        occupant, settings = stack.occupant, stack.settings
        self.happened: Counter[str] = Counter()
        self.database_url = settings["DATABASE_URL"]
        self.parts = KillParts(occupant.pid)
        self.node = BuyerNode(settings[f"CHAIN_{CHAIN_ID}_RPC_URLS"])
        self.kept = Kept(self.node, self.happened)
        self.client = BuyerClient(occupant.url, self.happened)
        if not real_minutes:
            self.client.on_wait = self._age_key
        self._rows = psycopg.connect(self.database_url, autocommit=True)
        rich = Account.from_key(RICH_KEY)
        nonce = self.node.number("eth_getTransactionCount", rich.address, "pending")
        self._rich = BuyerWallet(CHAIN_ID, rich, nonce)

    def __enter__(self) -> "KillWorld":
        return self

    def __exit__(self, *_failure: object) -> None:
        self.client.close()
        self.node.close()
        self._rows.close()

    def rows(self, query: str, *parameters: object) -> list[tuple]:
        """What a query finds."""
        return self._rows.execute(query.encode(), parameters).fetchall()

    def named_rows(self, query: str, parameters: dict[str, object]) -> list[tuple]:
        """What a query with named parameters finds."""
        return self._rows.execute(query.encode(), parameters).fetchall()

    def value(self, query: str, *parameters: object):
        """The one value of the one row that a query finds."""
        ((found,),) = self.rows(query, *parameters)
        return found

    def wallet(self) -> BuyerWallet:
        """A fresh wallet with one coin in it."""
        fresh = BuyerWallet(CHAIN_ID)
        self.kept.keep(self._rich.sign(fresh.address, value=FUNDS))
        self.patiently(self.kept.require_mined, "the wallet to get its coin")
        return fresh

    def patiently(self, act: Callable[[], T], what: str) -> T:
        """Do something that a node which is away only delays."""
        return eventually(lambda: (act(),), seconds=STEP_SECONDS, what=what)[0]

    def until(self, probe: Callable[[], T], what: str, *, seconds: float = STEP_SECONDS) -> T:
        """Wait as people with open wallets do: what the node forgot they send again."""

        def look() -> T:
            self.kept.hand_over()
            return probe()

        return eventually(look, seconds=seconds, what=what)

    def require_ready(self) -> None:
        """Raises `AssertionError` unless the API says that all parts are well."""
        try:
            answer = httpx.get(f"{self.client.url}/health/ready", timeout=10)
        except httpx.TransportError as error:
            raise AssertionError("the API does not serve") from error
        assert answer.status_code == httpx.codes.OK, answer.text

    def mine(self, blocks: int = 1) -> None:
        """Add blocks, when the node is there."""
        self.patiently(lambda: self.node.mine(blocks), "blocks to be made")

    def _age_key(self, key: str) -> None:
        """Let the minute pass for which a request that died holds its key."""
        self.rows(
            "UPDATE idempotency_key SET locked_until = now() WHERE key = %s AND status IS NULL"
            " RETURNING id",
            key,
        )
