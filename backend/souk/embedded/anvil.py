"""A local chain: anvil, a real EVM behind real JSON-RPC, kept across restarts.

Four things of anvil need care.

- It writes its state file in place, so a kill in that moment leaves it empty. A checked copy is
  taken every few seconds and used when the file does not parse.
- It forgets after a restart how far its clock had been moved, and would then mine blocks older
  than their parents. The stored head's time is given back to it at the start.
- Each start adds one more block 0 to the stored ones, and which of them it serves after the next
  start is left to chance; but block 0 is what tells one chain from another. All but the first are
  taken out of the state before each start.
- It keeps each block's whole state, on disk without bound. Only the last blocks' are kept, more
  than finality reaches back.
"""

import http.client
import json
import os
import platform
import shutil
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from souk.embedded.directories import make_private
from souk.embedded.parts import Part

CHAIN_ID = 31337
# The last of the ten accounts that every anvil funds; its key is printed in anvil's manual.
DEVELOPMENT_KEY = "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"
# The first of them deploys, so that its addresses depend on nothing else that was ever sent.
DEPLOYER_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
# The second keeps the demo shop.
SELLER_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
# Two more of the ten, so that the local shop has an arbiter and takes its fee.
ARBITER_ADDRESS = "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955"
FEE_TO_ADDRESS = "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"
_LOOPBACK = "127.0.0.1"
_SLOTS_IN_AN_EPOCH = 16
# Finality is two epochs back; anything up to there can be reorganised, so its state is needed.
_STATES_KEPT = 3 * _SLOTS_IN_AN_EPOCH
_BYTES_PER_SECOND_OF_INTERVAL = 4 * 1024 * 1024


class AnvilMissing(RuntimeError):
    """anvil is not installed below `contracts/node_modules`."""


def program(contracts: Path) -> Path:
    """The native binary that npm unpacked for this machine, without Node in between."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    package = f"anvil-{sys.platform}-{machine}"
    binary = contracts / "node_modules" / "@foundry-rs" / package / "bin" / "anvil"
    if os.access(binary, os.X_OK):
        return binary
    raise AnvilMissing(f"no {binary}: run npm ci --ignore-scripts --prefix {contracts}")


def free_port() -> int:
    """A TCP port of the loopback interface that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind((_LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def is_free(port: int, host: str = _LOOPBACK) -> bool:
    """Whether a program could listen on that port now."""
    with socket.socket() as probe:
        # As servers do: connections that are still closing do not keep a port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def call(port: int, method: str, *params: object) -> object:
    """One JSON-RPC call to a local node. Raises `OSError` when it does not answer and
    `ValueError` when it answers with an error."""
    connection = http.client.HTTPConnection(_LOOPBACK, port, timeout=10)
    try:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()
    if "error" in answer:
        raise ValueError(f"{method}: {answer['error']}")
    return answer.get("result")


@dataclass(frozen=True, slots=True)
class Anvil:
    """One embedded chain.

    `home` is `None` for a chain that is thrown away. `ticking` chains make a block each second;
    one that does not tick makes a block only when `evm_mine` or `anvil_mine` asks for it.
    """

    binary: Path
    port: int
    home: Path | None = None
    ticking: bool = True
    chain_id: int = CHAIN_ID

    @property
    def url(self) -> str:
        """Its JSON-RPC address."""
        return f"http://{_LOOPBACK}:{self.port}"

    def part(self, *, redeploy: Callable[[], None] = lambda: None) -> Part:
        """How to run it; `redeploy` is called whenever it has come up."""
        return Part(
            name="anvil",
            command=self._command,
            prepare=self._prepare,
            ready=self._is_ready,
            settle=redeploy,
            housekeeping=self.copy_state,
            # HOME, because anvil would write caches into the user's.
            environment={"PATH": os.defpath, "HOME": str(self.home or "/nonexistent")},
            stage=1,
            directory=self.home,
            ready_seconds=30,
        )

    def copy_state(self) -> None:
        """Keep a copy of the state file, when it is newer than the last copy and complete."""
        if self.home is None:
            return
        live, copy, former = self._states(self.home)
        if not live.exists():
            return
        if copy.exists() and copy.stat().st_mtime_ns >= live.stat().st_mtime_ns:
            return
        content = live.read_bytes()
        # The last byte is written last; parsing all of a long chain each time would be slow.
        if content[:1] == b"{" and content[-1:] == b"}":
            fresh = copy.with_suffix(".new")
            fresh.write_bytes(content)
            if copy.exists():
                copy.replace(former)
            fresh.replace(copy)

    @staticmethod
    def _states(home: Path) -> tuple[Path, Path, Path]:
        """What anvil writes, its newest copy, and the copy before that."""
        return home / "state.json", home / "state.copy.json", home / "state.former.json"

    def _prepare(self) -> None:
        if self.home is None:
            return
        make_private(self.home)
        live, *copies = self._states(self.home)
        best = best_of(live, *copies)
        if best is None:
            live.unlink(missing_ok=True)
        elif best != live:
            shutil.copyfile(best, live)
        keep_first_genesis(live)

    def _command(self) -> Sequence[str]:
        return [
            *(str(self.binary), "--host", _LOOPBACK, "--port", str(self.port)),
            *("--chain-id", str(self.chain_id), "--slots-in-an-epoch", str(_SLOTS_IN_AN_EPOCH)),
            *(("--block-time", "1") if self.ticking else ("--no-mining",)),
            *("--prune-history", str(_STATES_KEPT), "--quiet", "--no-cors"),
            *(self._state_flags(self.home) if self.home else ()),
        ]

    def _state_flags(self, home: Path) -> list[str]:
        live, *_copies = self._states(home)
        size = live.stat().st_size if live.exists() else 0
        # The whole state is written each time: the longer the chain, the rarer.
        interval = 1 + size // _BYTES_PER_SECOND_OF_INTERVAL
        flags = ["--state", str(live), "--state-interval", str(interval)]
        head = head_time(live)
        if head is not None and head > time.time():
            flags += ["--timestamp", str(head)]
        return flags

    def _is_ready(self) -> bool:
        try:
            return call(self.port, "eth_chainId") == hex(self.chain_id)
        except (OSError, ValueError):
            return False


def keep_first_genesis(state: Path) -> None:
    """Leave one block 0 in a state file, the oldest, which the chain was begun with."""
    if head_number(state) is None:
        return
    content = json.loads(state.read_bytes())
    blocks = [(int(block["header"]["number"], 16), block) for block in content["blocks"]]
    geneses = [block for number, block in blocks if number == 0]
    if len(geneses) < 2:
        return
    first = min(geneses, key=lambda block: int(block["header"]["timestamp"], 16))
    content["blocks"] = [first, *(block for number, block in blocks if number > 0)]
    fresh = state.with_suffix(".new")
    fresh.write_text(json.dumps(content))
    fresh.replace(state)


def best_of(*states: Path) -> Path | None:
    """The first state file that is whole and not torn, else the first that is whole. The later
    ones are read only when the earlier ones are no good."""
    whole = None
    for state in states:
        if head_time(state) is None:
            continue
        if not is_torn(state):
            return state
        whole = whole or state
    return whole


def is_torn(state: Path) -> bool:
    """Whether a state file has accounts that are newer than its blocks: anvil writes them one after
    the other, and a block may be made in between. What was paid in that block would be paid, and
    no log would ever say so."""
    content = json.loads(state.read_bytes())
    sent = Counter(each["info"]["from"].lower() for each in content.get("transactions", ()))
    return any(
        _whole(account["nonce"]) > sent[address.lower()]
        for address, account in content.get("accounts", {}).items()
        # The nonce of a contract counts what it has created.
        if account["code"] == "0x"
    )


def _whole(number: int | str) -> int:
    return int(number, 16) if isinstance(number, str) else number


def head_time(state: Path) -> int | None:
    """The head block's timestamp in a state file; `None` when there is no whole state in it."""
    return _head(state, "timestamp")


def head_number(state: Path) -> int | None:
    """The head block's number in a state file; `None` when there is no whole state in it."""
    return _head(state, "number")


def _head(state: Path, member: str) -> int | None:
    if not state.exists():
        return None
    try:
        return int(json.loads(state.read_bytes())["block"][member], 16)
    except (ValueError, KeyError, TypeError):
        return None
