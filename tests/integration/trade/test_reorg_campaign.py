"""Payments that a real node mines, loses and moves about at random, while the watcher and those who
hear of it look in now and then."""

from random import Random

import pytest

from souk.embedded.anvil import CHAIN_ID
from souk.modules.chain.service import Chains
from tests.support.node_truth import differences
from tests.support.purchases import Purchase, signed
from tests.support.reconciling import column
from tests.support.shop import Shop

PAYMENTS, STEPS = 5, 40
# The node forgets the states of old blocks, and those of replaced ones count as well.
DEEPEST = 6
TAKEN_BACK = "SELECT count(*) FROM outbox WHERE name = 'chain.escrow_event_orphaned'"


class RestlessNode:
    """The shop's node, a block of which lasts until the dice say otherwise."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop, self.dice = shop, Random(seed)
        self.purchases = [Purchase(shop) for _ in range(PAYMENTS)]
        self._signed = [(one, signed(one)) for one in self.purchases]
        shop.chain.mine()
        self._ground = shop.chain.height()

    def step(self) -> None:
        acts = [self._send, self._replace, self._replace, self._read, self._look]
        self.dice.choice(acts)()

    def _send(self) -> None:
        """One that does not stand on the chain."""
        free = self._free(self.shop.chain.height())
        if free:
            self.shop.chain.call("eth_sendRawTransaction", self.dice.choice(free))
            self.shop.chain.mine()

    def _replace(self) -> None:
        """Some of the payments that the new branch does not hold yet come in anywhere in it."""
        height = self.shop.chain.height()
        if height == self._ground:
            return
        depth = self.dice.randint(1, min(height - self._ground, DEEPEST))
        free = self._free(height - depth)
        taken = self.dice.sample(free, self.dice.randint(0, len(free)))
        branch = [[payment, self.dice.randrange(depth)] for payment in taken]
        self.shop.chain.call("anvil_reorg", depth, branch)

    def _free(self, height: int) -> list[str]:
        return [payment for one, payment in self._signed if not self.has_sent(one, height)]

    def has_sent(self, purchase: Purchase, height: int) -> bool:
        """Whether the payment stands in a block up to this height."""
        buyer = purchase.buyer.address
        return self.shop.chain.call("eth_getTransactionCount", buyer, hex(height)) != "0x0"

    def _read(self) -> None:
        """The watcher takes in what there is, of which nobody hears before the next look."""
        self.shop.container.get(Chains).advance(CHAIN_ID)

    def _look(self) -> None:
        self.shop.follow(blocks=1)
        assert differences(self.shop) == []


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(12))
def test_ends_with_what_the_node_ended_with_whatever_it_did_before(shop: Shop, seed: int) -> None:
    node = RestlessNode(shop, seed)
    for _ in range(STEPS):
        node.step()

    shop.follow(blocks=1)

    assert differences(shop) == []
    paid = [node.has_sent(one, shop.chain.height()) for one in node.purchases]
    assert [one.order_status == "paid" for one in node.purchases] == paid
    [taken_back] = column(shop, TAKEN_BACK)
    assert taken_back > 1
