"""The embedded chain: time never runs backwards, and a kill costs seconds, not the chain."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from souk.embedded import anvil, parts
from tests.support.stack import CONTRACTS
from tests.support.waiting import eventually

MONTH = 30 * 24 * 3600
ANYONE = "0x00000000000000000000000000000000000000a1"


@pytest.fixture
def node(directory: Path) -> anvil.Anvil:
    return anvil.Anvil(anvil.program(CONTRACTS), anvil.free_port(), directory / "chain")


@pytest.fixture
def log(directory: Path) -> Path:
    return directory / "log"


@pytest.fixture
def running(node: anvil.Anvil, log: Path) -> Iterator[parts.Running]:
    started = parts.start(node.part(), log)
    yield started
    started.kill()


def height(node: anvil.Anvil) -> int:
    return int(str(anvil.call(node.port, "eth_blockNumber")), 16)


def times(node: anvil.Anvil) -> list[int]:
    blocks = [
        anvil.call(node.port, "eth_getBlockByNumber", hex(number), False)
        for number in range(height(node) + 1)
    ]
    return [int(block["timestamp"], 16) for block in blocks]


def test_serves_the_chain_of_one_machine(running: parts.Running, node: anvil.Anvil) -> None:
    assert anvil.call(node.port, "eth_chainId") == hex(31337)


@pytest.mark.deep
def test_makes_a_block_each_second(running: parts.Running, node: anvil.Anvil) -> None:
    eventually(lambda: height(node) >= 2, seconds=5)
    assert times(node)[2] - times(node)[1] == 1


def test_is_final_two_epochs_back(running: parts.Running, node: anvil.Anvil) -> None:
    anvil.call(node.port, "anvil_mine", hex(100), hex(1))
    final = anvil.call(node.port, "eth_getBlockByNumber", "finalized", False)
    assert height(node) - int(final["number"], 16) in {32, 33}


def test_keeps_its_state_when_stopped(node: anvil.Anvil, log: Path) -> None:
    first = parts.start(node.part(), log)
    anvil.call(node.port, "anvil_setBalance", ANYONE, hex(7))
    first.stop()
    second = parts.start(node.part(), log)
    assert anvil.call(node.port, "eth_getBalance", ANYONE, "latest") == hex(7)
    second.kill()


def test_never_mines_a_block_older_than_its_parent_when_restarted_with_moved_time(
    node: anvil.Anvil, log: Path
) -> None:
    first = parts.start(node.part(), log)
    anvil.call(node.port, "evm_increaseTime", MONTH)
    anvil.call(node.port, "evm_mine")
    first.stop()
    second = parts.start(node.part(), log)
    before = height(node)
    eventually(lambda: height(node) > before + 1, seconds=5)
    assert times(node) == sorted(times(node))
    second.kill()


def test_keeps_its_first_block_when_restarted_again_and_again(node: anvil.Anvil, log: Path) -> None:
    seen = set()
    for _ in range(3):
        running = parts.start(node.part(), log)
        seen.add(anvil.call(node.port, "eth_getBlockByNumber", "0x0", False)["hash"])
        anvil.call(node.port, "evm_increaseTime", MONTH)
        anvil.call(node.port, "evm_mine")
        running.stop()
    assert len(seen) == 1


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(b"", marks=pytest.mark.deep),
        b'{"block":',
        pytest.param(b"{}", marks=pytest.mark.deep),
    ],
)
def test_goes_on_from_the_copy_when_killed_while_writing(
    node: anvil.Anvil, log: Path, left: bytes
) -> None:
    first = parts.start(node.part(), log)
    anvil.call(node.port, "anvil_setBalance", ANYONE, hex(7))
    anvil.call(node.port, "anvil_mine", hex(20), hex(1))
    state = node.home / "state.json"
    eventually(lambda: (anvil.head_number(state) or 0) >= 20)
    node.copy_state()
    first.kill()
    state.write_bytes(left)
    second = parts.start(node.part(), log)
    assert height(node) >= 20
    second.kill()


@pytest.mark.parametrize("torn", [("state",), ("state", "state.copy")])
def test_goes_on_from_a_copy_when_accounts_are_newer_than_blocks(
    node: anvil.Anvil, log: Path, torn: tuple[str, ...]
) -> None:
    first = parts.start(node.part(), log)
    (payer, *_others) = anvil.call(node.port, "eth_accounts")
    anvil.call(node.port, "eth_sendTransaction", {"from": payer, "to": ANYONE, "value": "0x7"})
    state = node.home / "state.json"
    whole = log.with_name("whole.json")

    def is_kept() -> bool:
        """Whole, and not as anvil leaves it for a moment by itself: accounts before their block."""
        if not state.exists():
            return False
        shutil.copyfile(state, whole)
        return nonce_in(whole, payer) == 1 and not anvil.is_torn(whole)

    eventually(is_kept)
    first.kill()
    for name in ("state", "state.copy", "state.former"):
        shutil.copyfile(whole, node.home / f"{name}.json")
    for name in torn:
        tear(node.home / f"{name}.json", payer)
    second = parts.start(node.part(), log)
    assert anvil.call(node.port, "eth_getTransactionCount", payer, "latest") == "0x1"
    second.kill()


def test_goes_on_from_the_state_when_the_copies_are_no_better(node: anvil.Anvil, log: Path) -> None:
    first = parts.start(node.part(), log)
    (payer, *_others) = anvil.call(node.port, "eth_accounts")
    state = node.home / "state.json"
    eventually(lambda: nonce_in(state, payer) == 0)
    first.kill()
    tear(state, payer)
    second = parts.start(node.part(), log)
    assert anvil.call(node.port, "eth_getTransactionCount", payer, "latest") == "0x1"
    second.kill()


def nonce_in(state: Path, account: str) -> int:
    assert anvil.head_number(state) is not None
    return json.loads(state.read_bytes())["accounts"][account.lower()]["nonce"]


def tear(state: Path, account: str) -> None:
    """As anvil leaves its state when it is killed between writing accounts and blocks."""
    content = json.loads(state.read_bytes())
    content["accounts"][account.lower()]["nonce"] += 1
    state.write_text(json.dumps(content))


def test_keeps_two_copies(node: anvil.Anvil) -> None:
    node.home.mkdir()
    state = node.home / "state.json"
    for number in range(1, 4):
        state.write_text(json.dumps({"block": {"timestamp": "0x1", "number": hex(number)}}))
        os.utime(state, ns=(number * 10**9,) * 2)
        for copy in node.home.glob("state.copy.json"):
            os.utime(copy, ns=((number - 1) * 10**9,) * 2)
        node.copy_state()
    names = ("state.copy.json", "state.former.json")
    assert [anvil.head_number(node.home / name) for name in names] == [3, 2]


def test_starts_anew_when_nothing_of_the_state_can_be_read(node: anvil.Anvil, log: Path) -> None:
    node.home.mkdir()
    (node.home / "state.json").write_bytes(b"")
    (node.home / "state.copy.json").write_bytes(b"")
    started = parts.start(node.part(), log)
    assert height(node) <= 1
    started.kill()


def test_keeps_the_last_copy_when_the_state_is_cut_short(node: anvil.Anvil) -> None:
    node.home.mkdir()
    state, copy = node.home / "state.json", node.home / "state.copy.json"
    state.write_text(json.dumps({"block": {"timestamp": "0x1", "number": "0x1"}}))
    node.copy_state()
    state.write_bytes(b'{"block": {')
    os.utime(state, ns=(2**62, 2**62))
    node.copy_state()
    assert anvil.head_time(copy) == 1


def test_writes_nothing_into_the_home_of_the_user(
    running: parts.Running, node: anvil.Anvil
) -> None:
    anvil.call(node.port, "anvil_mine", hex(700), hex(1))
    environment = Path(f"/proc/{running.guardian_pid}/environ").read_text()
    assert f"HOME={node.home}" in environment
    assert not [path for path in node.home.rglob("*") if path.name.startswith("anvil-state")]
