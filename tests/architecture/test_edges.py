"""Rules 3 and 10: no network in a transaction, no hidden clock or environment."""

import pytest

from .robots.edges import find_hidden_inputs, find_unguarded_adapters
from .robots.tree import SOUK, listing, snippet, sources

ADAPTER = f"{SOUK}/adapters/evm/rpc.py"


def test_guards_every_adapter_that_opens_connections() -> None:
    assert listing(find_unguarded_adapters(sources(SOUK))) == ""


def test_reads_clock_and_environment_at_the_edge_only() -> None:
    assert listing(find_hidden_inputs(sources(SOUK))) == ""


@pytest.mark.parametrize(
    "text", ["import httpx\n", "from redis import Redis\n", "from web3 import HTTPProvider\n"]
)
def test_flags_an_adapter_when_it_never_refuses(text: str) -> None:
    assert "without refuse_open_transaction" in listing(
        find_unguarded_adapters([snippet(text, ADAPTER)])
    )


@pytest.mark.parametrize(
    "text",
    [
        "import httpx\ndef f():\n    refuse_open_transaction()\n",
        "from eth_account import Account\n",
        "from web3.types import TxParams\n",
    ],
)
def test_passes_an_adapter_when_it_refuses_or_only_computes(text: str) -> None:
    assert listing(find_unguarded_adapters([snippet(text, ADAPTER)])) == ""


def test_passes_an_adapter_when_it_goes_through_a_guarded_one() -> None:
    text = "from redis import Redis\ndef asking():\n    refuse_open_transaction()\n"
    guarded = snippet(text, f"{SOUK}/adapters/redis/connections.py")
    user = "from redis import Redis\ndef get():\n    with asking(): ...\n"

    assert listing(find_unguarded_adapters([guarded, snippet(user, ADAPTER)])) == ""


@pytest.mark.parametrize(
    "line",
    ["datetime.now(UTC)", "datetime.datetime.now()", "time.time()", "os.environ['A']", "os.getenv"],
)
def test_flags_code_when_it_asks_the_machine(line: str) -> None:
    assert listing(find_hidden_inputs([snippet(f"x = {line}\n")])) != ""


@pytest.mark.parametrize("line", ["clock.now()", "tx.now", "time.monotonic()"])
def test_passes_code_when_it_asks_what_it_was_given(line: str) -> None:
    assert listing(find_hidden_inputs([snippet(f"x = {line}\n")])) == ""
