"""The whole product in one process: real database, Redis and chain, and people with wallets.

Nothing runs in the background. A test makes the chain go on with `mine`, and the workers' part
with `follow`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import count
from pathlib import Path

import httpx
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from pydantic import SecretStr

from souk.adapters.evm import registry
from souk.adapters.evm.deployment import Deployer
from souk.adapters.evm.registry import Deployment
from souk.bootstrap.web import WebContainer, build_web
from souk.core.outbox import OutboxRelay
from souk.core.timers import WALL, TimerSweeper, chain_clock
from souk.core.unit_of_work import UnitOfWork
from souk.embedded.anvil import (
    ARBITER_ADDRESS,
    CHAIN_ID,
    DEPLOYER_KEY,
    DEVELOPMENT_KEY,
    FEE_TO_ADDRESS,
)
from souk.modules.chain.ports import LogSource
from souk.modules.chain.service import Chains
from souk.modules.trade import handlers as trade_handlers
from souk.modules.trade.service import Expiries, Keeper
from souk.settings import (
    DatabaseSettings,
    HttpSettings,
    KeeperSettings,
    LogSettings,
    MailSettings,
    PathSettings,
    PaymentSettings,
    RedisSettings,
    SecuritySettings,
    Settings,
    TradeSettings,
    WebhookSettings,
)
from tests.support.clock import MovableClock
from tests.support.http import Api
from tests.support.stack import Chain, Databases, chain

NATIVE = "0x" + "0" * 40
_ETHER = 10**18
_FUNDS = 1_000 * _ETHER


@dataclass
class Person:
    """Somebody with a wallet and a session."""

    wallet: LocalAccount
    token: str
    account_id: str
    seller_id: str = ""

    @property
    def address(self) -> str:
        return str(self.wallet.address)


@dataclass
class Wallets:
    """What people do on the chain itself."""

    chain: Chain

    def sign(self, who: Person, action: dict) -> list[str]:
        """Sign and send the calls of an answer, in order, and mine them."""
        assert action["type"] == "needs_signature", action
        return [self.send(who, call) for call in action["calls"]]

    def send(self, who: Person, call: dict, *, mine: bool = True) -> str:
        """One signed call; the transaction's hash."""
        nonce = int(str(self.chain.call("eth_getTransactionCount", who.address, "pending")), 16)
        signed = who.wallet.sign_transaction(
            {
                "chainId": call["chain_id"],
                "nonce": nonce,
                "to": call["to"],
                "data": call["data"],
                "value": int(call["value"]),
                "gas": 1_000_000,
                "maxFeePerGas": 100 * 10**9,
                "maxPriorityFeePerGas": 10**9,
            }
        )
        sent = str(self.chain.call("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex()))
        if mine:
            self.chain.mine()
        return sent

    def balance(self, address: str) -> int:
        """Native coins of an address, in wei."""
        return int(str(self.chain.call("eth_getBalance", address, "latest")), 16)


def signed_in(api: Api, wallet: LocalAccount) -> Person:
    """A session that has just proved who they are, which serves one act."""
    challenge = api("POST", "/api/auth/siwe/nonce").json()
    message = challenge["message_template"].replace("{address}", wallet.address)
    signature = wallet.sign_message(encode_defunct(text=message)).signature.to_0x_hex()
    opened = api("POST", "/api/auth/siwe/verify", {"message": message, "signature": signature})
    return Person(wallet, opened.json()["token"], opened.json()["account_id"])


def proved(shop: "Shop", who: Person) -> Person:
    """The same, in another session."""
    return replace(signed_in(shop.api, who.wallet), seller_id=who.seller_id)


def watcher(shop: "Shop", source: LogSource) -> Chains:
    """What follows the shop's chain, through another source."""
    followed = shop.container.networks[CHAIN_ID].followed
    uow = shop.container.get(UnitOfWork)
    return Chains(uow, {CHAIN_ID: replace(followed, source=source)}, daily_gas={})


@dataclass
class Shop(Wallets):
    """One installation, and what people do in it."""

    container: WebContainer
    api: Api
    clock: MovableClock
    deployment: Deployment
    _keys: Iterator[int] = field(default_factory=count)

    def person(self, name: str) -> Person:
        """Somebody new who has signed in; the chain has given them coins."""
        wallet = Account.from_key(sha256(f"{name} {next(self._keys)}".encode()).digest())
        self.chain.call("anvil_setBalance", wallet.address, hex(_FUNDS))
        return signed_in(self.api, wallet)

    def seller(self, name: str = "seller") -> Person:
        """Somebody with a store."""
        person = self.person(name)
        handle = f"{name}-{next(self._keys)}"
        body = {"name": name.title(), "handle": handle, "payout_wallet": person.address}
        made = self.ask(person, "POST", "/api/marketplace/sellers", body)
        assert made.status_code == 201, made.text
        person.seller_id = made.json()["id"]
        return person

    def listing(self, seller: Person, *, cents: int = 5_000, stock: int = 5, **terms) -> str:
        """The id of something on sale."""
        body = {
            "title": "Copper pot",
            "description": "Hand-beaten.",
            "price": {"amount": str(cents), "currency": "USD", "exponent": 2},
            "kind": "physical",
            "handling_days": 2,
            "transit_days": 5,
            "on_hand": stock,
            **terms,
        }
        made = self.ask(seller, "POST", "/api/marketplace/products", body)
        assert made.status_code == 201, made.text
        listing_id = made.json()["id"]
        done = self.ask(seller, "POST", f"/api/marketplace/products/{listing_id}/publish")
        assert done.status_code == 200, done.text
        return listing_id

    def ask(
        self, who: Person | None, method: str, path: str, body: object = None, key: str = ""
    ) -> httpx.Response:
        """One request with a fresh idempotency key unless one is given."""
        token = None if who is None else who.token
        return self.api(method, path, body, token=token, key=key or f"key-{next(self._keys)}")

    def choice(self, buyer: Person, token: str = NATIVE) -> dict[str, object]:
        """Paying into escrow with the buyer's own wallet."""
        return {
            "method": "ESCROW",
            "chain_id": CHAIN_ID,
            "token": token,
            "wallet": buyer.address,
        }

    def place(self, buyer: Person, *wanted: tuple[str, int], pay: bool = True, **body) -> dict:
        """A placed checkout; with `pay` the calls to sign are in it."""
        items = [{"listing_id": listing, "quantity": quantity} for listing, quantity in wanted]
        asked = {"items": items, **({"pay": self.choice(buyer)} if pay else {}), **body}
        placed = self.ask(buyer, "POST", "/api/orders", asked)
        assert placed.status_code == 201, placed.text
        return placed.json()

    def move(self, who: Person, order_id: str, status: str, **body) -> httpx.Response:
        """Ask for a status."""
        asked = {"status": status, **body}
        return self.ask(who, "PUT", f"/api/orders/{order_id}/status", asked)

    def order(self, who: Person, order_id: str) -> dict:
        """The order's page."""
        page = self.ask(who, "GET", f"/api/orders/{order_id}")
        assert page.status_code == 200, page.text
        return page.json()

    def follow(self, blocks: int = 0) -> None:
        """Mine so many blocks, then do what the workers would until nothing is left to do."""
        if blocks:
            self.chain.mine(blocks)
        self.container.get(Chains).advance(CHAIN_ID)
        relay = OutboxRelay(self.container.engine, self.container.registry, self.clock)
        relay.drain()

    def fire_timers(self) -> None:
        """Fire what is due by the wall clock and by the chain's."""
        container = self.container
        timers = trade_handlers.timers(container.get(Expiries))
        sweeper = TimerSweeper(container.engine, timers, self.clock)
        sweeper.sweep(WALL, self.clock.now())
        with container.get(UnitOfWork).begin() as tx:
            head = container.get(Chains).policy_head(tx, CHAIN_ID)
        if head is not None:
            sweeper.sweep(chain_clock(CHAIN_ID), head.at)

    def keep(self) -> int:
        """One round of the keeper."""
        return self.container.get(Keeper).settle_due(CHAIN_ID)

    def paid(self, buyer: Person, *wanted: tuple[str, int]) -> dict:
        """A checkout whose money is held at the level that counts."""
        placed = self.place(buyer, *wanted)
        self.sign(buyer, placed["payment"]["action"])
        self.follow(blocks=2)
        return placed


def _settings(
    database_url: str, redis_url: str, chain: Chain, state: Path, **groups: object
) -> Settings:
    """`groups` replace some of the settings."""
    plain = Settings(
        http=HttpSettings(public_url="http://shop.test"),
        database=DatabaseSettings(database_url=SecretStr(database_url), database_pool_size=12),
        redis=RedisSettings(redis_url=SecretStr(redis_url)),
        security=SecuritySettings(
            secret_key=SecretStr("a secret key of more than 32 characters"),
            sign_in_per_minute=10_000,
        ),
        trade=TradeSettings(arbiter_address=ARBITER_ADDRESS, fee_to_address=FEE_TO_ADDRESS),
        payments=PaymentSettings(),
        keeper=KeeperSettings(keeper_private_key=SecretStr(DEVELOPMENT_KEY)),
        webhooks=WebhookSettings(webhooks_to_loopback=True),
        mail=MailSettings(),
        log=LogSettings(),
        paths=PathSettings(state_dir=state),
        rpc_urls={CHAIN_ID: (SecretStr(chain.url),)},
    )
    return replace(plain, **groups)


@contextmanager
def shared_shop(databases: Databases, redis_url: str, directory: Path) -> Iterator[Shop]:
    """One installation for several tests that do not move its clocks: each brings people of its
    own."""
    url = databases.migrated()
    with (
        chain(directory / "anvil.log", ticking=False) as node,
        shop(url, redis_url, node, deployed(node), MovableClock(), directory) as running,
    ):
        yield running
    databases.drop(url)


def deployed(node: Chain) -> Deployment:
    """Put the contracts on a fresh chain that makes blocks only when told to."""
    node.call("evm_setAutomine", True)
    deployer = Deployer(node.url, DEPLOYER_KEY, CHAIN_ID, say=lambda _line: None)
    deployment = deployer.deploy_local(Account.from_key(DEVELOPMENT_KEY).address)
    node.call("evm_setAutomine", False)
    return deployment


@contextmanager
def shop(*parts: object, **groups: object) -> Iterator[Shop]:
    """What `unwatched` gives, with its chain read as far as it is."""
    with unwatched(*parts, **groups) as running:
        running.follow(blocks=1)
        yield running


@contextmanager
def unwatched(
    database_url: str,
    redis_url: str,
    node: Chain,
    deployment: Deployment,
    clock: MovableClock,
    state: Path,
    **groups: object,
) -> Iterator[Shop]:
    """An installation on a chain where nothing but the contracts stands yet, and of which nothing
    has been read; `groups` replace some of its settings."""
    settings = _settings(database_url, redis_url, node, state, **groups)
    registry.save(settings.paths.deployments, deployment)
    container = build_web(settings, clock=clock)
    try:
        with Api(container) as api:
            yield Shop(node, container, api, clock, deployment)
    finally:
        container.close()
