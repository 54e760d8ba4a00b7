"""The keeper around the simulated world: what it sends goes wrong on its way there and back."""

import json
from collections.abc import Callable
from contextlib import suppress

import httpx
from sqlalchemy.exc import DBAPIError

from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.adapters.evm.failover import FailoverRpc
from souk.adapters.evm.log_source import NodeLogSource
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.rpc import JsonRpcClient
from souk.adapters.evm.sender import LocalTransactionSender
from souk.core.errors import DomainError
from souk.modules.chain.domain import Purpose
from souk.modules.chain.service import Chains, FollowedChain, Upkeep
from souk.modules.trade.service import Keeper
from tests.support.payment_builders import a_gateway, payments_on
from tests.support.simchain.endpoint import Endpoint
from tests.support.simchain.sent import DAILY_GAS
from tests.support.simchain.trouble import SENDING, Trouble
from tests.support.simchain.workers import Workers

KEY = "0x" + "4e" * 32
SENDING_CHANCE = 0.8
_REFUSALS = ("already known", "nonce too low", "replacement transaction underpriced", "")


class Post(httpx.BaseTransport):
    """Carries what the keeper asks and sends; `die` ends the keeper's process."""

    def __init__(self, endpoint: Endpoint, trouble: Trouble, die: Callable[[], None]) -> None:
        self._endpoint, self._trouble, self._die = endpoint, trouble, die

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One HTTP request; where it sends a transaction, that may go wrong in more ways."""
        asked = json.loads(request.content)
        if isinstance(asked, list) or asked["method"] != "eth_sendRawTransaction":
            return self._endpoint.handle_request(request)
        for kind in self._trouble.draw(SENDING, SENDING_CHANCE)[:1]:
            self._trouble.happened[kind] += 1
            return self._amiss(kind, request, asked["id"])
        return self._endpoint.handle_request(request)

    def _amiss(self, kind: str, request: httpx.Request, id_: int) -> httpx.Response:
        answer: dict[str, object] = {"jsonrpc": "2.0", "id": id_}
        refusal = self._trouble.random.choice(_REFUSALS)
        refused = {**answer, "error": {"code": -32000, "message": refusal}}
        if kind == "killed_before_sending":
            self._die()
        if kind == "sending_lost":
            return httpx.Response(200, json={**answer, "result": "0x" + "00" * 32})
        if kind == "sending_refused":
            return httpx.Response(200, json=refused)
        taken = self._endpoint.handle_request(request)
        if kind == "killed_after_sending":
            self._die()
        return httpx.Response(200, json=refused) if kind == "refused_though_taken" else taken


class KeepersWork:
    """All that a process does for our own transactions, once."""

    def __init__(self, workers: Workers, post: Post) -> None:
        client = JsonRpcClient("http://node.test", label="the world", transport=post)
        node, config = EvmNode(FailoverRpc([client])), workers.config
        sender = LocalTransactionSender(node, chain_id=config.chain_id, private_key=KEY)
        senders = {Purpose.KEEPER: sender}
        source = NodeLogSource(node)
        followed = FollowedChain(config, source, EscrowEventDecoder(), senders=senders)
        chains, gas = {config.chain_id: followed}, {Purpose.KEEPER: DAILY_GAS}
        self._chain_id = config.chain_id
        self._chains = Chains(workers.uow, chains, daily_gas=gas)
        self._upkeep = Upkeep(workers.uow, chains, daily_gas=gas)
        payments = payments_on(workers.uow, gateway=a_gateway())
        self._keeper = Keeper(workers.uow, self._chains, payments, max_batch=3)

    def do(self) -> None:
        """Each as a loop of its own does it, which goes on after a failure."""
        for work in (self._keeper.settle_due, self._chains.rebroadcast, self._upkeep.look_after):
            with suppress(DomainError, DBAPIError):
                work(self._chain_id)
