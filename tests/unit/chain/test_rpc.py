"""JSON-RPC over HTTP: one answer to one question, and no address in any failure."""

import json
import logging
import traceback
from collections.abc import Callable

import httpx
import pytest

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.rpc import JsonRpcClient, RpcFault, RpcRequest, RpcResult
from souk.adapters.evm.sender import LocalTransactionSender
from souk.core.addresses import checksum_address
from souk.core.errors import ProviderRejected, ProviderUnavailable
from souk.core.transaction_guard import ProviderCallInTransaction
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Call
from souk.modules.chain.errors import (
    CallReverted,
    ChainDataRefused,
    NetworkFeeTooHigh,
    TransactionRefused,
)

CANARY = "canary-5f1c"
URL = f"https://user:{CANARY}@rpc.example/v2/{CANARY}?key={CANARY}"
ADDRESS = checksum_address("0x" + "11" * 20)
HASH = "0x" + "22" * 32
Reply = Callable[[list[dict]], object]


def a_client(reply: Reply, status: int = 200) -> JsonRpcClient:
    """A client whose node answers with what `reply` makes of the calls."""

    def respond(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        answer = reply(asked if isinstance(asked, list) else [asked])
        if isinstance(answer, bytes):
            return httpx.Response(status, content=answer)
        return httpx.Response(status, json=answer)

    return JsonRpcClient(URL, label="chain 1", transport=httpx.MockTransport(respond))


def a_node(*outcomes: dict) -> EvmNode:
    """A node that gives these results and errors, one after the other."""
    left = iter(outcomes)
    return EvmNode(
        a_client(
            lambda asked: (
                [{"id": call["id"], **next(left)} for call in asked]
                if len(asked) > 1
                else {"id": asked[0]["id"], **next(left)}
            )
        )
    )


def test_keeps_the_order_of_the_questions_when_answers_come_shuffled() -> None:
    client = a_client(lambda asked: [{"id": c["id"], "result": c["method"]} for c in asked][::-1])

    answers = client.ask_all([RpcRequest("a", []), RpcRequest("b", []), RpcRequest("c", [])])

    assert answers == [RpcResult("a"), RpcResult("b"), RpcResult("c")]


def test_gives_the_error_of_one_question_and_the_result_of_the_other() -> None:
    def reply(asked: list[dict]) -> list[dict]:
        error = {"code": -32000, "message": "no", "data": "0x01"}
        return [{"id": asked[0]["id"], "error": error}, {"id": asked[1]["id"], "result": None}]

    answers = a_client(reply).ask_all([RpcRequest("a", []), RpcRequest("b", [])])

    assert answers == [RpcFault(-32000, "no", "0x01"), RpcResult(None)]


def no_batches(asked: list[dict]) -> dict:
    if len(asked) > 1:
        return {"id": None, "error": {"code": -32600, "message": "batches are for payers"}}
    return {"id": asked[0]["id"], "result": asked[0]["method"]}


def test_asks_one_by_one_when_the_endpoint_takes_no_batches() -> None:
    answers = a_client(no_batches).ask_all([RpcRequest("a", []), RpcRequest("b", [])])

    assert answers == [RpcResult("a"), RpcResult("b")]


def test_is_unavailable_when_a_long_batch_is_refused() -> None:
    with pytest.raises(ProviderUnavailable):
        a_client(no_batches).ask_all([RpcRequest("a", [])] * 5)


def test_signs_in_with_the_name_and_password_of_the_address() -> None:
    seen: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200, json={"id": json.loads(request.content)["id"], "result": 1})

    client = JsonRpcClient(URL, label="chain 1", transport=httpx.MockTransport(respond))
    client.ask("eth_chainId")

    assert httpx.BasicAuth("user", CANARY)._auth_header == seen[0]


MALFORMED: dict[str, Reply] = {
    "no JSON": lambda _asked: b"<html>",
    "deep": lambda _asked: b"[" * 100_000,
    "wrong id": lambda asked: {"id": asked[0]["id"] + 1, "result": 1},
    "no id": lambda _asked: {"result": 1},
    "list as id": lambda _asked: {"id": [], "result": 1},
    "two answers": lambda asked: [{"id": asked[0]["id"], "result": 1}] * 2,
    "empty": lambda _asked: [],
    "text": lambda _asked: "ok",
    "neither": lambda asked: {"id": asked[0]["id"]},
    "odd error": lambda asked: {"id": asked[0]["id"], "error": "no"},
}


@pytest.mark.parametrize("reply", MALFORMED.values(), ids=MALFORMED)
def test_takes_no_answer_that_is_not_one(reply: Reply) -> None:
    with pytest.raises(ProviderUnavailable, match="the node of chain 1"):
        a_client(reply).ask("eth_chainId")


@pytest.mark.parametrize("url", [f"http://node:{CANARY}", f"http://x\n{CANARY}"])
def test_is_unavailable_when_the_address_is_none(url: str) -> None:
    with pytest.raises(ProviderUnavailable, match="the node of chain 1") as refused:
        JsonRpcClient(url, label="chain 1")

    assert CANARY not in "".join(traceback.format_exception(refused.value))


def failing(kind: type[httpx.TransportError]) -> JsonRpcClient:
    def fail(request: httpx.Request) -> httpx.Response:
        raise kind(f"cannot reach {request.url}", request=request)

    return JsonRpcClient(URL, label="chain 1", transport=httpx.MockTransport(fail))


@pytest.mark.pitfall("K3")
@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
def test_names_no_address_in_failures_and_logs(
    kind: type[httpx.TransportError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = failing(kind)
    with pytest.raises(ProviderUnavailable) as failure:
        client.ask("eth_chainId")

    told = "".join(traceback.format_exception(failure.value)) + caplog.text + repr(client)
    assert CANARY not in told
    assert "rpc.example" not in told


@pytest.mark.pitfall("K3")
def test_logs_no_address_when_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    a_client(lambda asked: {"id": asked[0]["id"], "result": "0x1"}).ask("eth_chainId")

    assert "rpc.example" not in caplog.text


def test_cannot_be_reached_when_nobody_listens() -> None:
    client = JsonRpcClient("http://127.0.0.1:1", label="chain 1")

    with pytest.raises(ProviderUnavailable, match="cannot be reached"):
        client.ask("eth_chainId")
    client.close()


def test_refuses_to_speak_while_a_transaction_is_open() -> None:
    class Sessions:
        def __call__(self):
            return self

        def close(self) -> None:
            """There is nothing to close."""

    work = UnitOfWork(Sessions(), FixedClock(), None)
    client = a_client(lambda asked: {"id": asked[0]["id"], "result": 1})
    with work.begin(), pytest.raises(ProviderCallInTransaction):
        client.ask("eth_chainId")


class FixedClock:
    def now(self) -> None:
        """No instant is needed here."""


CALL = Call(ADDRESS, b"\x01", value=3)


def test_returns_what_a_call_returns() -> None:
    assert a_node({"result": "0x0a0b"}).call(CALL) == b"\x0a\x0b"


@pytest.mark.parametrize(
    ("error", "data"),
    [
        ({"code": 3, "message": "execution reverted", "data": "0x86fdb19c"}, "0x86fdb19c"),
        ({"code": 3, "message": "execution reverted"}, "0x"),
        ({"code": -32000, "message": "VM error", "data": "0x08c379a0"}, "0x08c379a0"),
    ],
)
def test_says_what_the_contract_said_when_it_reverts(error: dict, data: str) -> None:
    with pytest.raises(CallReverted) as refusal:
        a_node({"error": error}).call(CALL)

    assert (refusal.value.data, refusal.value.selector) == (data, data[:10])


def test_makes_several_calls_in_one_request() -> None:
    requests: list[int] = []

    def reply(asked: list[dict]) -> list[dict]:
        requests.append(len(asked))
        return [{"id": call["id"], "result": call["params"][0]["data"]} for call in asked]

    answers = EvmNode(a_client(reply)).calls([Call(ADDRESS, bytes([n])) for n in range(50)])

    assert (answers, requests) == ([bytes([n]) for n in range(50)], [50])


def test_makes_calls_one_by_one_when_the_endpoint_takes_no_batches() -> None:
    def reply(asked: list[dict]) -> dict:
        refused = no_batches(asked)
        return {**refused, "result": "0x01"} if len(asked) == 1 else refused

    answers = EvmNode(a_client(reply)).calls([Call(ADDRESS, b"")] * 6)

    assert answers == [b"\x01"] * 6


def test_is_unavailable_when_the_node_gives_another_reason() -> None:
    with pytest.raises(ProviderUnavailable, match="limit"):
        a_node({"error": {"code": -32005, "message": "limit exceeded"}}).call(CALL)


def test_has_no_block_when_the_node_does_not_know_the_tag() -> None:
    unknown = {"error": {"code": -32602, "message": "unknown tag"}}

    assert a_node(unknown).blocks(["finalized"]) == [None]


def test_is_content_when_a_refused_transaction_is_known_already() -> None:
    refusal = {"error": {"code": -32000, "message": "already known"}}

    assert a_node(refusal, {"result": {"hash": HASH}}).send_raw(b"", transaction_hash=HASH) is None


def test_is_refused_when_the_node_does_not_know_the_transaction_either() -> None:
    refusal = {"error": {"code": -32000, "message": "nonce too low"}}

    with pytest.raises(TransactionRefused, match="nonce too low"):
        a_node(refusal, {"result": None}).send_raw(b"", transaction_hash=HASH)


def test_takes_the_middle_tip_and_the_next_base_fee() -> None:
    tips = [["0x5"], ["0x1"], ["0x9"]]
    history = {"result": {"baseFeePerGas": ["0x10", "0x20"], "reward": tips}}

    assert a_node(history).fees() == (0x20, 5)
    assert a_node({"result": {"baseFeePerGas": ["0x10"]}}).fees() == (0x10, 0)


@pytest.mark.parametrize(
    "history", [{"baseFeePerGas": []}, {"baseFeePerGas": ["0x1"], "reward": [[]]}, {}]
)
def test_refuses_a_fee_history_without_fees(history) -> None:
    with pytest.raises(ChainDataRefused):
        a_node({"result": history}).fees()


SENT = {
    "hash": HASH,
    "from": "0x" + "11" * 20,
    "to": "0x" + "22" * 20,
    "nonce": "0x5",
    "input": "0x01",
    "value": "0x0",
    "gas": "0x5208",
}
OTHER = "0x" + "33" * 32
RECEIPT = {"blockNumber": "0x1", "blockHash": OTHER, "status": "0x1", "gasUsed": "0x5208"}


@pytest.mark.parametrize(
    ("sent", "receipt"),
    [
        ({"result": {**SENT, "gas": None}}, {"result": None}),
        ({"result": {**SENT, "nonce": hex(2**63)}}, {"result": None}),
        ({"result": {**SENT, "hash": OTHER}}, {"result": None}),
        ({"result": SENT}, {"result": {**RECEIPT, "status": None}}),
        ({"result": SENT}, {"result": {**RECEIPT, "blockNumber": hex(2**63)}}),
        ({"error": {"code": -32603, "message": "not of this kind"}}, {"result": None}),
    ],
    ids=["no gas", "huge nonce", "another one", "no status", "huge block", "an error"],
)
def test_lets_no_odd_transaction_hide_the_others(sent, receipt) -> None:
    node = a_node(sent, receipt, {"result": {**SENT, "hash": OTHER}}, {"result": RECEIPT})

    found = node.find_transactions([HASH, OTHER])

    assert list(found) == [OTHER]
    assert found[OTHER].inclusion.block_number == 1


def test_refuses_a_call_that_needs_more_gas_than_any_of_ours() -> None:
    node = a_node({"result": "0x"}, {"result": hex(8_000_001)})
    sender = LocalTransactionSender(node, chain_id=1, private_key="0x" + "77" * 32)

    with pytest.raises(ProviderRejected, match="8000001 gas"):
        sender.prepare(CALL, 10**11)


def a_sender(*, base_fee: int, tip: int) -> LocalTransactionSender:
    """One whose node says that the network takes so much."""
    fees = {"baseFeePerGas": [hex(base_fee)], "reward": [[hex(tip)]]}
    account = ({"result": "0x0"}, {"result": hex(10**24)})
    node = a_node({"result": "0x"}, {"result": hex(200_000)}, {"result": fees}, *account)
    return LocalTransactionSender(node, chain_id=1, private_key="0x" + "77" * 32)


@pytest.mark.parametrize(("base_fee", "tip"), [(10**9, 10**15), (10**15, 0), (9 * 10**10, 10**11)])
def test_offers_nothing_when_the_node_names_a_price_above_the_bound(base_fee, tip) -> None:
    sender = a_sender(base_fee=base_fee, tip=tip)

    with pytest.raises(NetworkFeeTooHigh, match="at most 100000000000 may be paid") as refusal:
        sender.prepare(CALL, 10**11)

    assert refusal.value.retryable


@pytest.mark.parametrize(("base_fee", "offered"), [(10**10, 21 * 10**9), (6 * 10**10, 10**11)])
def test_leaves_the_base_fee_room_to_rise_up_to_the_bound(base_fee, offered) -> None:
    prepared = a_sender(base_fee=base_fee, tip=10**9).prepare(CALL, 10**11)

    assert (prepared.max_fee_per_gas, prepared.max_priority_fee_per_gas) == (offered, 10**9)
