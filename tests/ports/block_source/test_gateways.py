"""Gateways are asked in their order, and believed in nothing."""

from collections.abc import Callable

import pytest

from souk.adapters.exchange.server import Server
from souk.adapters.ipfs.gateways import GatewayBlockSource
from souk.core.errors import ProviderUnavailable
from souk.core.transaction_guard import ProviderCallInTransaction, transaction_open
from souk.embedded.anvil import free_port
from souk.modules.media.domain import MAX_BLOCK_BYTES, compute_cid
from souk.modules.media.errors import BlockNotFound, ContentMismatch
from tests.ports.http.conftest import soon
from tests.support.clock import MovableClock
from tests.support.ipfs_server import cid_of
from tests.support.scripted_http import NEVER_ENDING, NO_ANSWERS, says, sends_elsewhere
from tests.support.sockets import Door, Serve, door, read_request

BLOCK = b"a picture"
CID = compute_cid(BLOCK)
TRUE = says(BLOCK)
FLIPPED = says(bytes([BLOCK[0] ^ 1]) + BLOCK[1:])
UNKNOWN = says(b"no such block", 404)


def gateway_at(port: int, name: str = "gateway", *, seconds: float = 5) -> Server:
    return Server(f"http://127.0.0.1:{port}", name, seconds)


def source(
    clock: MovableClock, *doors: Door, on_lie: Callable[[str], object] = print
) -> GatewayBlockSource:
    gateways = [gateway_at(each.port, f"gateway {place}") for place, each in enumerate(doors, 1)]
    return GatewayBlockSource(gateways, clock, on_lie=on_lie)


@pytest.mark.parametrize("size", [0, 1, MAX_BLOCK_BYTES])
def test_fetch_gives_the_block(clock: MovableClock, size: int) -> None:
    block = b"\xff" * size
    with door(says(block)) as gateway:
        assert source(clock, gateway).fetch(compute_cid(block)) == block


def test_fetch_finds_what_others_call_so(clock: MovableClock) -> None:
    with door(TRUE) as gateway:
        assert source(clock, gateway).fetch(cid_of(BLOCK)) == BLOCK


def test_fetch_asks_for_the_block_as_it_is(clock: MovableClock) -> None:
    requests: list[bytes] = []

    def serve(connection, _over) -> None:
        requests.append(read_request(connection))

    with door(serve) as gateway, pytest.raises(ProviderUnavailable):
        source(clock, gateway).fetch(CID)
    assert requests[0].startswith(f"GET /ipfs/{CID}?format=raw HTTP/1.1\r\n".encode())
    assert b"application/vnd.ipld.raw" in requests[0]


@pytest.mark.pitfall("I7")
@pytest.mark.parametrize(
    "lie", [FLIPPED, says(b""), says(BLOCK + b"!"), says(b"a" * (MAX_BLOCK_BYTES + 1))]
)
def test_fetch_refuses_other_bytes(clock: MovableClock, lie: Serve) -> None:
    with door(lie) as gateway, pytest.raises(ContentMismatch):
        source(clock, gateway).fetch(CID)


@pytest.mark.pitfall("I7")
def test_fetch_takes_the_block_from_the_next_when_one_lies(clock: MovableClock) -> None:
    with door(FLIPPED) as liar, door(TRUE) as honest:
        assert source(clock, liar, honest).fetch(CID) == BLOCK


@pytest.mark.pitfall("I7")
def test_liar_is_not_asked_until_its_time_is_over(clock: MovableClock) -> None:
    with door(FLIPPED) as liar, door(TRUE) as honest:
        caught: list[str] = []
        found = source(clock, liar, honest, on_lie=caught.append)
        found.fetch(CID)
        found.fetch(CID)
        assert (liar.visits, caught) == (1, ["gateway 1"])
        clock.advance(minutes=59)
        found.fetch(CID)
        assert liar.visits == 1
        clock.advance(minutes=1)
        found.fetch(CID)
    assert (liar.visits, honest.visits) == (2, 4)


def test_nothing_is_known_while_every_gateway_is_a_liar(clock: MovableClock) -> None:
    with door(FLIPPED) as liar:
        found = source(clock, liar)
        with pytest.raises(ContentMismatch):
            found.fetch(CID)
        with pytest.raises(ProviderUnavailable):
            found.fetch(CID)
    assert liar.visits == 1


@pytest.mark.parametrize("bad", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_fetch_goes_on_to_the_next_when_an_answer_is_none(clock: MovableClock, bad: Serve) -> None:
    with door(bad) as first, door(TRUE) as second:
        assert source(clock, first, second).fetch(CID) == BLOCK


@pytest.mark.parametrize("never", NEVER_ENDING.values(), ids=NEVER_ENDING)
def test_fetch_goes_on_to_the_next_when_an_answer_never_ends(
    clock: MovableClock, never: Serve
) -> None:
    with door(never) as first, door(TRUE) as second, soon():
        gateways = [gateway_at(first.port, seconds=0.1), gateway_at(second.port)]
        assert GatewayBlockSource(gateways, clock).fetch(CID) == BLOCK


def test_fetch_goes_on_to_the_next_when_nobody_is_there(clock: MovableClock) -> None:
    with door(TRUE) as second:
        gateways = [gateway_at(free_port()), gateway_at(second.port)]
        assert GatewayBlockSource(gateways, clock).fetch(CID) == BLOCK


@pytest.mark.pitfall("I9")
def test_fetch_does_not_follow_when_it_is_sent_elsewhere(clock: MovableClock) -> None:
    with door(TRUE) as inside:
        elsewhere = sends_elsewhere(f"http://127.0.0.1:{inside.port}/")
        with door(elsewhere) as there, pytest.raises(ProviderUnavailable):
            source(clock, there).fetch(CID)
    assert inside.visits == 0


def test_block_is_not_found_when_no_gateway_has_it(clock: MovableClock) -> None:
    with door(UNKNOWN) as first, door(says(b"", 410)) as second, pytest.raises(BlockNotFound):
        source(clock, first, second).fetch(CID)


@pytest.mark.parametrize("silent", [says(b"", 500), says(b"", 451), says(b"", 401)])
def test_nothing_is_known_when_one_of_them_could_not_be_asked(
    clock: MovableClock, silent: Serve
) -> None:
    with door(UNKNOWN) as first, door(silent) as second, pytest.raises(ProviderUnavailable):
        source(clock, first, second).fetch(CID)


def test_nothing_is_known_without_a_gateway(clock: MovableClock) -> None:
    with pytest.raises(ProviderUnavailable):
        source(clock).fetch(CID)


def test_gateway_is_not_asked_while_a_transaction_is_open(clock: MovableClock) -> None:
    token = transaction_open.set(True)
    try:
        with door(TRUE) as gateway, pytest.raises(ProviderCallInTransaction):
            source(clock, gateway).fetch(CID)
    finally:
        transaction_open.reset(token)
