"""One seed: a world grows, everything goes wrong, and in the end the weather is calm."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from random import Random

import psycopg
from sqlalchemy.exc import DBAPIError

from souk.core.addresses import checksum_address
from souk.core.db import make_engine
from souk.core.errors import UnavailableError
from souk.modules.chain.domain import Advanced, ChainConfig, Outcome
from souk.modules.chain.service import Chains
from tests.support.clock import START, MovableClock
from tests.support.payment_builders import CHAIN_ID, ESCROW
from tests.support.simchain.blocks import Block
from tests.support.simchain.endpoint import Endpoint
from tests.support.simchain.escrow import Order
from tests.support.simchain.keeping import KeepersWork, Post
from tests.support.simchain.node import Node
from tests.support.simchain.providers import Provider, Providers
from tests.support.simchain.sent import unsettled
from tests.support.simchain.storage import Storage
from tests.support.simchain.stories import Stories
from tests.support.simchain.times import VirtualTime
from tests.support.simchain.tree import USUAL_FEE, Tree
from tests.support.simchain.trouble import (
    TWO_LIARS,
    UNSEEN_WITHOUT_BLOOMS,
    WAITING,
    Killed,
    Trouble,
)
from tests.support.simchain.truth import Settings, Truth
from tests.support.simchain.verdict import Verdict
from tests.support.simchain.weather import BEFALLS, Weather
from tests.support.simchain.workers import WATCH_SECONDS, Workers

STEPS = 15
# In this step all time is over that anybody had, if there is a keeper.
OVERDUE, LEAP_SECONDS = 7, 14 * 24 * 3600
# In these steps it is calm, and what was just read is left behind.
STRUCK = (6, 9, 12)
PATIENCE, HOUR = 40, 3600
# What an incident holds up, a person has to look at.
HELD_UP = "SELECT order_id FROM order_hold WHERE closed_at IS NULL"
LIVE = "SELECT count(*) FROM chain_transaction WHERE status IN ('signed', 'broadcast')"


class Campaign:
    """Deterministic: the same seed on the same orders does the same."""

    def __init__(self, seed: int, url: str, orders: Sequence[Order]) -> None:
        self.random = random = Random(f"{seed}: the world")
        self._url, self._orders = url, tuple(orders)
        self.blooms = random.random() < 0.85
        disposable = self.blooms and random.random() < 0.15
        final_lag = random.randint(14, 40)
        self.safe_lag, self.final_lag = random.randint(6, final_lag), final_lag
        begin, start = int(START.timestamp()), random.choice([0, 0, 3])
        self.tree = Tree(random, orders[0].contract, begin=begin, final_lag=final_lag, start=start)
        self._tags = frozenset(random.choice([("safe", "finalized"), ("finalized",), ()]))
        several = random.choice([1, 1, 1, 2, 3])
        lies = several > 2 and random.random() < 0.7
        without = self._without(disposable) | (TWO_LIARS if lies else frozenset())
        self.trouble = Trouble(Random(f"{seed}: trouble"), without=without)
        self.providers = Providers(random, self.trouble, self.tree, orders, lies=lies)
        for _ in range(several):
            self.providers.add(
                [self._node(self.tree) for _ in range(random.randint(1, 5 - several))]
            )
        self.config = ChainConfig(
            chain_id=CHAIN_ID,
            name="simulated",
            escrow_address=checksum_address(ESCROW),
            start_block=start,
            confirmations=random.randint(1, 4),
            safe_depth=self.safe_lag,
            final_depth=final_lag,
            disposable=disposable,
            verify_blooms=self.blooms,
        )
        self.stories = Stories(random, self.tree, orders)
        clock = MovableClock()
        self._time = VirtualTime(clock)
        self.engine = make_engine(url, pool_size=4)
        self.storage = Storage(self.engine, self.trouble)
        self.workers = Workers(self.engine, clock, self._time, self.config, self.trouble)
        self._left: list[Block] = []
        self._weather = Weather(random, self.tree, self._left)
        self._keeps = several == 1 and random.random() < 0.5
        self._chains: Chains | None = None
        self._amid = False

    @property
    def happened(self) -> Counter[str]:
        """How often each kind of trouble did."""
        return self.trouble.happened + self.tree.happened

    def run(self) -> None:
        """From the first block to the last word."""
        with self._watching_connection():
            self._begin()
            for step in range(STEPS):
                self.trouble.on = step not in STRUCK
                self._grow(step)
                self._befall_nodes()
                self.providers.befall()
                self._work()
                if self._keeps and step >= OVERDUE:
                    self._go_overdue(step)
                if step in STRUCK:
                    self._leave_behind()
            self._calm_down()

    def verdict(self) -> Verdict:
        """What is otherwise in the tables than in the world, and how much was done."""
        settings = Settings(
            start=self.config.start_block,
            confirmations=self.config.confirmations,
            safe_lag=self.safe_lag,
            final_lag=self.final_lag,
            seconded=self.providers.lie and not self.config.disposable,
        )
        return Verdict(Truth(self.tree, settings), self._orders, self._url)

    def _watching_connection(self) -> psycopg.Connection:
        self._sql = psycopg.connect(self._url, autocommit=True)
        return self._sql

    def _node(self, tree: Tree) -> Node:
        node = Node(tree, chain_id=CHAIN_ID, safe_lag=self.safe_lag, final_lag=self.final_lag)
        node.tags = self._tags
        node.orders = {order.ref: order for order in self._orders}
        return node

    def _without(self, disposable: bool) -> frozenset[str]:
        """Of two lies that together nobody can see through, one; and none where nothing could be
        checked by."""
        without = {"bloom_emptied" if self.random.random() < 0.75 else "logs_left_out"}
        if "bloom_emptied" not in without:
            without |= {"log_left_out", "logs_late", "node_pruned", "log_topic_wrong"}
        if not self.blooms:
            without |= UNSEEN_WITHOUT_BLOOMS
        if disposable:
            without |= {"endpoint_of_another_chain", "header_hash_wrong", "header_parent_wrong"}
        return frozenset(without)

    # -- the world --------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.tree.mine(self.random.randint(4, 12))
        self._sync()
        self._watch()

    def _grow(self, step: int) -> None:
        self.stories.go_on(0.02 + 0.3 * step / STEPS)
        self.tree.mine(self.random.choice([1, 1, 2, 2, 3, 6]))
        self._maybe_fork()

    def _maybe_fork(self) -> None:
        draw, deepest = self.random.random(), self.tree.deepest()
        if draw < 0.14 and self.trouble.on:
            self._fork(self.random.randint(0, min(3, deepest)), "reorg")
        elif draw < 0.19 and self.trouble.on and deepest > self.config.confirmations:
            self._fork(
                self.random.randint(self.config.confirmations, deepest), "reorg_past_confirmation"
            )
        elif draw < 0.27 and self._left and self.trouble.on:
            self.trouble.happened["reorg_back"] += self.tree.return_to(self._left.pop())

    def _fork(self, depth: int, kind: str) -> None:
        if depth < 1:
            return
        gone = self.tree.head.path[-depth:]
        if self.random.random() < 0.2:
            forgotten = self.stories.forget_one(tx.hash for b in gone for tx in b.transactions)
            self.trouble.happened["never_mined_again"] += forgotten
        self._left.append(self.tree.fork(depth, longer=self.random.randint(0, 2)))
        self.trouble.happened[kind] += 1

    def _leave_behind(self) -> None:
        """What the watcher has just read of an order is mined again, elsewhere or later."""
        done = self.tree.done
        ours = (log.block_number for log in self.tree.logs() if log.transaction_hash in done)
        newest = max(ours, default=0)
        depth = self.tree.head.number - newest + 1
        if newest and depth <= self.tree.deepest():
            self._fork(depth, "reorg")
        self._sync()
        self._watch()

    def _sync(self) -> None:
        for node in self.providers.nodes:
            node.see(self.tree.head)

    def _befall_nodes(self) -> None:
        for node in self.providers.nodes:
            node.pruned_below, node.most_blocks, node.most_logs = 0, None, None
            node.late.clear()
            kinds = self.trouble.draw(list(BEFALLS), 0.4)[:1]
            if not {"node_lags", "node_on_losing_branch"} & set(kinds):
                node.see(self.tree.head)
            for kind in kinds:
                self.trouble.happened[kind] += BEFALLS[kind](self._weather, node)

    # -- the work ---------------------------------------------------------------------------------

    def _work(self) -> None:
        if self.random.random() < 0.85 or not self.trouble.on:
            self.storage.prepare(0.4)
            self._watch(seconds=self.random.choice([None, None, 30.0]))
        if self.random.random() < 0.5:
            self.storage.prepare(0.4)
            self._tell()
        self.storage.prepare(0.0)
        if self.trouble.strikes("connection_cut_idle", 0.1):
            self._cut_connections()

    def _go_overdue(self, step: int) -> None:
        if step == OVERDUE:
            self.stories.go_on(1.0)
            self.tree.mine()
            self.tree.leap(LEAP_SECONDS)
            self.tree.mine(self.config.confirmations)
        self._befall_waiting()
        for _ in range(3):
            self.storage.prepare(0.3)
            self._keep()
            self.storage.prepare(0.0)
            self.tree.mine()
            self._sync()

    def _befall_waiting(self) -> None:
        tree, kinds = self.tree, self.trouble.draw(WAITING, 0.5)
        tree.holds_back = "mined_late" in kinds and bool(tree.pool)
        tree.base_fee = USUAL_FEE * (20 if "base_fee_risen" in kinds else 1)
        if "pool_emptied" in kinds and tree.pool:
            self.trouble.happened["pool_emptied"] += 1
            tree.pool.clear()
        self.trouble.happened["mined_late"] += tree.holds_back
        self.trouble.happened["base_fee_risen"] += tree.base_fee > USUAL_FEE

    def _keep(self) -> None:
        """The keeper's process begins, does all its work once, and ends, maybe before that."""
        endpoint = self._endpoint(self.providers.all[0])
        post = Post(endpoint, self.trouble, self.storage.die)
        with suppress(Killed):
            KeepersWork(self.workers, post).do()

    def _watch(self, seconds: float | None = None) -> Advanced | None:
        """A watcher works until it has nothing to do, is stopped, or dies."""
        if self.random.random() < 0.8 or not self.trouble.on:
            self._let_lease_run_out()
        steps = self.trouble.random.randint(1, 40)
        stopped = self.trouble.strikes("told_to_stop", 0.1)
        turns = iter(range(steps if stopped else 400))
        chains, self._chains = self._chains or self._start(), None
        self._at_work = chains
        with suppress(Killed, UnavailableError):
            done = self.workers.watch(
                chains, seconds=seconds, keep_on=lambda: next(turns, None) is not None
            )
            # What a process has found out about endpoints is gone with it.
            self._chains = chains if self.random.random() < 0.8 else None
            return done
        return None

    def _start(self) -> Chains:
        return self.workers.start([self._endpoint(each) for each in self.providers.all])

    def _endpoint(self, provider: Provider) -> Endpoint:
        return Endpoint(provider, self.trouble, self._time, lambda: self._between(provider))

    def _between(self, provider: Provider) -> None:
        """Between two answers of a node anything may happen elsewhere."""
        if self._amid or not self.trouble.on:
            return
        self._amid = True
        try:
            self._interrupt(provider)
        finally:
            self._amid = False

    def _interrupt(self, provider: Provider) -> None:
        trouble = self.trouble
        if trouble.strikes("killed_while_asking", 0.01):
            self.storage.die()
        if trouble.strikes("reorg_amid_reading", 0.02):
            self._fork(self.random.randint(0, min(4, self.tree.deepest())), "reorg")
            self._befall_nodes()
        if trouble.strikes("overtaken_while_asking", 0.02):
            # Whoever was overtaken holds what is no longer true.
            self._fork(self.random.randint(0, min(4, self.tree.deepest())), "reorg")
            self._sync()
            self._let_lease_run_out()
            self._calmly_watch()
        if trouble.strikes("endpoint_of_another_chain", 0.004):
            provider.elsewhere = self._another_chain()
        if self.providers.are_several and trouble.strikes("looked_at_amid_turn", 0.02):
            self.workers.look(self._at_work)
        if trouble.draw(["stood_by"], 0.005):
            stood = self._calmly_watch()
            trouble.happened["stood_by"] += stood is not None and stood.outcome is Outcome.STANDBY

    def _calmly_watch(self) -> Advanced | None:
        self.trouble.on = False
        try:
            with suppress(UnavailableError):
                return self.workers.watch(self._start())
        finally:
            self.trouble.on = True
        return None

    def _another_chain(self) -> Node:
        """A node of a chain that begins otherwise, and looks like ours."""
        tree = Tree(self.random, self.config.escrow_address, begin=7, final_lag=self.final_lag)
        tree.alive = list(self.tree.alive)
        tree.mine(self.tree.head.number + self.random.randint(0, 3))
        node = Node(tree, chain_id=7, safe_lag=self.safe_lag, final_lag=self.final_lag)
        node.see(tree.head)
        return node

    def _tell(self) -> None:
        with suppress(Killed, DBAPIError):
            self.workers.tell()
        if self.random.random() < 0.5:
            self.workers.wait_for_relays()

    def _let_lease_run_out(self) -> None:
        self._time.pass_by(WATCH_SECONDS)
        self._sql.execute("UPDATE chain SET lease_until = now() - interval '1 second'")

    def _cut_connections(self) -> None:
        self._sql.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    # -- the end ----------------------------------------------------------------------------------

    def _calm_down(self) -> None:
        self.trouble.on = False
        self.storage.prepare(0.0)
        self.providers.befall()
        self.providers.lose_one(None if self.config.disposable else self._another_chain)
        for _ in range(2):
            self.stories.go_on(0.3)
            self.tree.mine()
            self._befall_nodes()
            self._watch()
            self._leave_behind()
        for _ in range(PATIENCE):
            self.stories.go_on(1.0)
            if self.stories.are_over():
                break
            self.tree.mine()
        self.tree.mine(self.config.confirmations + 2)
        self._befall_nodes()
        self._until(self._is_caught_up)
        self._until(lambda: not self._undelivered())
        if self._keeps:
            self._befall_waiting()
            self._until(self._is_all_settled)

    def _is_caught_up(self) -> bool:
        """Which an endpoint that stands still may say of itself."""
        done = self._watch()
        [head] = self._sql.execute("SELECT head_hash FROM chain").fetchone() or [None]
        caught_up = done is not None and done.outcome is Outcome.CAUGHT_UP
        return caught_up and head == self.tree.head.hash

    def _is_all_settled(self) -> bool:
        """The day's gas may have to do for days."""
        self._time.pass_by(6 * HOUR)
        self._keep()
        self.tree.mine(self.config.confirmations + self.final_lag // 8)
        self._sync()
        self._until(self._is_caught_up)
        self._until(lambda: not self._undelivered())
        with suppress(Killed):
            self._keep()
        live = self._sql.execute(LIVE).fetchone()
        held_up = {order_id for (order_id,) in self._sql.execute(HELD_UP)}
        waiting = unsettled(self.tree, self._orders)
        return live == (0,) and not {order.order_id for order in waiting} - held_up

    def _undelivered(self) -> int:
        self.workers.wait_for_relays()
        self.workers.tell()
        row = self._sql.execute("SELECT count(*) FROM outbox WHERE delivered_at IS NULL").fetchone()
        return 0 if row is None else row[0]

    def _until(self, is_done) -> None:
        assert any(is_done() for _ in range(PATIENCE)), "does not come to rest in calm weather"
