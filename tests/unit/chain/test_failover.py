"""Asking the next endpoint when one does not answer."""

from collections.abc import Sequence

import pytest

from souk.adapters.evm.failover import FailoverRpc
from souk.adapters.evm.rpc import RpcFault, RpcRequest, RpcResult
from souk.core.errors import ProviderUnavailable


class Endpoint:
    """Answers with its name, or not at all; counts what it is asked."""

    def __init__(self, name: str, *, alive: bool = True) -> None:
        self.name, self.alive, self.asked = name, alive, 0

    def ask(self, method: str, *params: object) -> RpcResult | RpcFault:
        return self.ask_all([RpcRequest(method, params)])[0]

    def ask_all(self, requests: Sequence[RpcRequest]) -> list[RpcResult | RpcFault]:
        self.asked += 1
        if not self.alive:
            raise ProviderUnavailable(self.name)
        return [RpcResult(self.name) for _ in requests]


class Refusing(Endpoint):
    def ask_all(self, requests: Sequence[RpcRequest]) -> list[RpcResult | RpcFault]:
        return [RpcFault(3, self.name, None) for _ in requests]


def test_asks_the_first_when_all_are_alive() -> None:
    assert FailoverRpc([Endpoint("a"), Endpoint("b")]).ask("eth_chainId") == RpcResult("a")


def test_asks_the_next_when_one_is_dead_and_stays_with_it() -> None:
    dead = Endpoint("a", alive=False)
    client = FailoverRpc([dead, Endpoint("b"), Endpoint("c")])

    assert [client.ask("eth_chainId") for _ in range(3)] == [RpcResult("b")] * 3
    assert dead.asked == 1


def test_comes_back_to_an_earlier_one_when_a_later_dies() -> None:
    first, second = Endpoint("a", alive=False), Endpoint("b")
    client = FailoverRpc([first, second])
    client.ask("eth_chainId")
    first.alive, second.alive = True, False

    assert client.ask("eth_chainId") == RpcResult("a")


def test_takes_an_error_for_an_answer() -> None:
    assert FailoverRpc([Refusing("a"), Endpoint("b")]).ask("eth_call") == RpcFault(3, "a", None)


def test_says_so_when_none_answers() -> None:
    dead = [Endpoint(name, alive=False) for name in "abc"]

    with pytest.raises(ProviderUnavailable, match="c"):
        FailoverRpc(dead).ask("eth_chainId")
    assert [one.asked for one in dead] == [1, 1, 1]
