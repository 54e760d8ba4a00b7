"""What a wallet has and may spend, read on a real chain with tokens that want to spoil it."""

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from enum import IntEnum, auto

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.rpc import JsonRpcClient
from souk.adapters.evm.wallets import QUESTIONS_A_CALL, EvmWallets
from souk.core.addresses import ZERO_ADDRESS, Address
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.errors import NodeRefuses
from souk.modules.payments.domain import PayWay
from souk.modules.payments.domain.funds import WalletFunds, WalletKind
from tests.support.chain_builders import a_node
from tests.support.clock import MovableClock
from tests.support.rail_builders import CHAIN_ID, EscrowRail, allow, mined


class Way(IntEnum):
    """How a hostile token answers; the order is that of the mock."""

    ANSWER = 0
    REVERT = auto()
    REVERT_WITH_ONE_WORD = auto()
    REVERT_WITH_HUGE_ANSWER = auto()
    ANSWER_NOTHING = auto()
    ANSWER_TOO_LITTLE = auto()
    ANSWER_TOO_MUCH = auto()
    ANSWER_HUGE = auto()
    BURN_ALL_GAS = auto()
    LOOP = auto()
    LOOK_ELSEWHERE = auto()


BAD_WAYS = [way for way in Way if way is not Way.ANSWER]


def in_words(way: Way) -> str:
    return way.name.lower().replace("_", " ")


@pytest.fixture
def rail(still_chain) -> Iterator[EscrowRail]:
    with a_node(still_chain.url) as node:
        yield EscrowRail(still_chain, node)


@pytest.fixture
def nobody_calls() -> Iterator[str]:
    """The address of a server that must not be asked for anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/{{sender}}/{{data}}"
        with pytest.raises(BlockingIOError):
            server.accept()


def wallets_on(nodes: dict[int, EvmNode], clock: MovableClock | None = None) -> EvmWallets:
    return EvmWallets(nodes, ChainPresence(clock or MovableClock()))


def look(
    rail: EscrowRail, *tokens: Address, wallet: Address | None = None, node: EvmNode | None = None
) -> WalletFunds:
    """The buyer's wallet, or another, with both spenders of each token."""
    spenders = {token: [rail.escrow, rail.permit2] for token in tokens}
    wallets = wallets_on({CHAIN_ID: node or rail.node})
    return wallets.read(CHAIN_ID, wallet or rail.buyer.address, spenders)


def hostile(rail: EscrowRail, way: Way, url: str = "") -> Address:
    return rail.deploy_mock("HostileToken", ("uint8", int(way)), ("string", url))


def test_reads_coin_balances_and_allowances(rail) -> None:
    allow(rail, rail.buyer, rail.dollar, 500)

    funds = look(rail, rail.dollar)

    token = funds.tokens[rail.dollar]
    assert funds.coin == rail.balance(ZERO_ADDRESS, rail.buyer.address)
    assert token.balance == 10**12
    assert token.allowances == {rail.escrow: 500, rail.permit2: 0}


def test_says_as_of_which_block_it_was_read(rail) -> None:
    newest = rail.chain.call("eth_getBlockByNumber", "latest", False)

    block = look(rail).block

    assert (hex(block.number), block.hash) == (newest["number"], newest["hash"])
    assert block.at == datetime.fromtimestamp(rail.now, UTC)


class Growing(EvmNode):
    """A node that gets another block before the wallet is looked at."""

    def __init__(self, rail: EscrowRail, client: JsonRpcClient) -> None:
        super().__init__(client)
        self._rail = rail

    def run_creation(self, code: bytes, *, block_hash: str) -> bytes:
        self._rail.mint(self._rail.buyer.address, 1)
        return super().run_creation(code, block_hash=block_hash)


def test_reads_as_of_the_block_that_it_names_when_the_chain_goes_on(rail) -> None:
    before = rail.chain.height()

    with closing(JsonRpcClient(rail.chain.url, label="test chain")) as client:
        funds = look(rail, rail.dollar, node=Growing(rail, client))

    assert (funds.block.number, funds.tokens[rail.dollar].balance) == (before, 10**12)


def test_suggests_a_tip_also_when_nobody_pays_one(rail) -> None:
    rail.chain.mine(10)

    assert look(rail).fees.tip > 0


def test_suggests_fees_that_the_next_block_takes(rail) -> None:
    fees = look(rail).fees
    rail.chain.mine()

    newest = rail.chain.call("eth_getBlockByNumber", "latest", False)
    assert fees.base_fee == int(newest["baseFeePerGas"], 16)
    assert fees.max_fee > 2 * fees.base_fee


def test_sees_that_nothing_but_a_key_stands_behind_a_wallet(rail) -> None:
    assert look(rail).kind is WalletKind.KEY


def test_sees_a_wallet_that_is_a_contract(rail) -> None:
    wallet = rail.deploy_mock("ContractWallet", ("address", rail.buyer.address))

    funds = look(rail, rail.dollar, wallet=wallet)

    assert (funds.kind, funds.delegate) == (WalletKind.CONTRACT, None)


def test_sees_code_that_a_key_has_delegated_to(rail) -> None:
    code = rail.deploy_mock("ContractWallet", ("address", rail.buyer.address))
    account = delegate_to(rail, code)

    funds = look(rail, rail.dollar, wallet=account)

    assert (funds.kind, funds.delegate) == (WalletKind.DELEGATED, code)


def delegate_to(rail: EscrowRail, code: Address) -> Address:
    """An account that has delegated to code as wallets do it, by a transaction (EIP-7702)."""
    account = Account.from_key(keccak(b"delegating"))
    rail.chain.call("anvil_setBalance", account.address, hex(10**20))
    consent = {"chainId": CHAIN_ID, "address": code, "nonce": 1}
    signed = account.sign_transaction(
        {
            "chainId": CHAIN_ID,
            "nonce": 0,
            "to": account.address,
            "gas": 200_000,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 10**9,
            "authorizationList": [account.sign_authorization(consent)],
        }
    )
    sent = rail.chain.call("eth_sendRawTransaction", signed.raw_transaction.to_0x_hex())
    assert mined(rail.chain, sent)["status"] == "0x1"
    return Address(account.address)


def test_reads_a_token_that_only_answers(rail) -> None:
    token = hostile(rail, Way.ANSWER)

    assert look(rail, token).tokens[token].balance == 7


@pytest.mark.parametrize("way", BAD_WAYS, ids=in_words)
def test_lets_no_token_spoil_what_others_answer(rail, nobody_calls, way) -> None:
    bad = hostile(rail, way, nobody_calls)

    funds = look(rail, bad, rail.dollar)

    assert funds.tokens[bad].balance is None
    assert set(funds.tokens[bad].allowances.values()) == {None}
    assert funds.tokens[rail.dollar].balance == 10**12


@pytest.mark.parametrize("way", [Way.LOOP, Way.BURN_ALL_GAS, Way.ANSWER_HUGE], ids=in_words)
def test_reads_the_last_token_when_all_before_it_are_hostile(rail, way) -> None:
    bad = hostile(rail, way)
    bystanders = [rail.escrow] * (QUESTIONS_A_CALL - 2)
    spenders = {bad: bystanders, rail.dollar: []}

    funds = wallets_on({CHAIN_ID: rail.node}).read(CHAIN_ID, rail.buyer.address, spenders)

    assert funds.tokens[rail.dollar].balance == 10**12


def test_reads_more_tokens_than_one_call_has_room_for(rail) -> None:
    spenders = {
        hostile(rail, Way.ANSWER): [rail.escrow] * QUESTIONS_A_CALL,
        rail.dollar: [rail.escrow],
    }

    funds = wallets_on({CHAIN_ID: rail.node}).read(CHAIN_ID, rail.buyer.address, spenders)

    assert [token.balance for token in funds.tokens.values()] == [7, 10**12]


def test_knows_nothing_of_a_token_that_is_not_there(rail) -> None:
    token = Address("0x" + "77" * 20)

    assert look(rail, token).tokens[token].balance is None


def test_is_unavailable_when_the_node_serves_another_chain(rail) -> None:
    with pytest.raises(ProviderUnavailable):
        wallets_on({1: rail.node}).read(1, rail.buyer.address, {})


def test_is_unavailable_when_the_node_is_away() -> None:
    nowhere = EvmNode(JsonRpcClient("http://127.0.0.1:1", label="a node that is away"))

    with pytest.raises(ProviderUnavailable):
        wallets_on({CHAIN_ID: nowhere}).read(CHAIN_ID, ZERO_ADDRESS, {})


def test_asks_a_chain_that_is_away_only_once_in_a_while() -> None:
    clock = MovableClock()
    nowhere = EvmNode(JsonRpcClient("http://127.0.0.1:1", label="a node that is away"))
    wallets = wallets_on({CHAIN_ID: nowhere}, clock)
    said = []
    for seconds in (0, 4, 1):
        clock.advance(seconds=seconds)
        with pytest.raises(ProviderUnavailable) as refusal:
            wallets.read(CHAIN_ID, ZERO_ADDRESS, {})
        said.append("a moment ago" in str(refusal.value))

    assert said == [False, True, False]


def test_knows_from_one_wallet_that_the_chain_is_there_when_it_refuses_another(rail) -> None:
    wallets = wallets_on({CHAIN_ID: Refusing(rail.node)})
    with pytest.raises(NodeRefuses):
        wallets.read(CHAIN_ID, ZERO_ADDRESS, {})

    assert wallets.read(CHAIN_ID, rail.buyer.address, {}).coin


class Refusing(EvmNode):
    """A node that has left the first block before it was asked about it."""

    def __init__(self, honest: EvmNode) -> None:
        super().__init__(honest._client)
        self._refused = False

    def run_creation(self, code: bytes, *, block_hash: str) -> bytes:
        asked, self._refused = (block_hash if self._refused else "0x" + "0e" * 32), True
        return super().run_creation(code, block_hash=asked)


class Unsteady(EvmNode):
    """A node whose newest block is replaced before the wallet is looked at. `obeys`: it minds for
    which block it is asked."""

    def __init__(self, rail: EscrowRail, client: JsonRpcClient, *, obeys: bool) -> None:
        super().__init__(client)
        self._rail = rail
        self._obeys = obeys

    def run_creation(self, code: bytes, *, block_hash: str) -> bytes:
        self._rail.chain.call("anvil_reorg", 1, [])
        self._rail.chain.move_time(60)
        self._rail.chain.mine()
        newest = self._rail.chain.call("eth_getBlockByNumber", "latest", False)
        return super().run_creation(code, block_hash=block_hash if self._obeys else newest["hash"])


@pytest.mark.parametrize("obeys", [True, False], ids=["says so", "answers for another"])
def test_is_unavailable_when_the_block_is_gone(rail, obeys) -> None:
    with closing(JsonRpcClient(rail.chain.url, label="test chain")) as client:
        node = Unsteady(rail, client, obeys=obeys)
        with pytest.raises(ProviderUnavailable):
            look(rail, rail.dollar, node=node)


@pytest.mark.parametrize("orders", [1, 5, 20])
@pytest.mark.parametrize("way", PayWay)
def test_says_the_most_gas_that_paying_takes(rail, way, orders) -> None:
    most = wallets_on({}).gas_to_pay(way, rail.dollar, orders)

    *before, paying = gas_used(rail, rail.dollar, way, orders)

    assert paying <= most.pay <= 3 * paying
    assert all(used <= most.approve for used in before)


@pytest.mark.parametrize("orders", [1, 5, 20])
def test_says_the_most_gas_that_paying_in_coin_takes(rail, orders) -> None:
    most = wallets_on({}).gas_to_pay(PayWay.CALLS, ZERO_ADDRESS, orders)

    (used,) = gas_used(rail, ZERO_ADDRESS, PayWay.CALLS, orders)

    assert used <= most.pay <= 3 * used


def gas_used(rail: EscrowRail, token: Address, way: PayWay, orders: int) -> list[int]:
    """What each transaction of a payment took."""
    legs = rail.legs(rail.plan(token, *[1_000] * orders))
    asked = rail.prepare(legs, way)
    used = [rail.buyer.send(call)["gasUsed"] for call in asked.calls]
    if asked.typed_data is not None:
        signature = rail.buyer.sign(asked.typed_data)
        paid = rail.prepare(legs, way, signature)
        used += [rail.buyer.send(call)["gasUsed"] for call in paid.calls]
    assert rail.gateway.lookup(legs[0]).remaining == 1_000
    return [int(gas, 16) for gas in used]
