"""What a stack refuses before it starts anything."""

import socket
from pathlib import Path

import pytest

from souk.embedded.occupancy import AlreadyUp, occupy
from souk.embedded.stack import Options, PortTaken, Stack
from tests.support.stack import CONTRACTS


def stack_on(state: Path, port: int) -> Stack:
    options = Options(state, CONTRACTS, {}, port=port, chain_port=0)
    return Stack(options, report=lambda _: None)


def test_refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} is taken"):
            stack_on(tmp_path / "state", port).run()


def test_refuses_a_state_that_another_stack_holds(tmp_path: Path) -> None:
    with occupy(tmp_path), pytest.raises(AlreadyUp):
        stack_on(tmp_path, 0).run()
