"""P21: whoever names the receiver must not make us speak to what is ours."""

import re

import pytest
from pytest_socket import SocketConnectBlockedError

from souk.adapters.http.client import PublicHttp
from souk.adapters.http.targets import Policy
from souk.core.errors import ProviderRejected
from tests.ports.http.conftest import post
from tests.support.addresses import INTERNAL_V4, INTERNAL_V6, PUBLIC
from tests.support.sockets import Door, door
from tests.support.strangers import NAME, Names

pytestmark = pytest.mark.pitfall("P21")

# Each leads to the door, for one reader of addresses or another.
DISGUISES = [
    "https://127.0.0.1:{port}/",
    "https://127.1:{port}/",
    "https://2130706433:{port}/",
    "https://0x7f000001:{port}/",
    "https://0x7f.0.0.1:{port}/",
    "https://0177.0.0.1:{port}/",
    "https://0.0.0.0:{port}/",
    "https://localhost:{port}/",
    "https://LOCALHOST:{port}/",
    "https://localhost.:{port}/",
    "https://[::1]:{port}/",
    "https://[::]:{port}/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]:{port}/",
    "https://[::127.0.0.1]:{port}/",
    "https://[64:ff9b::7f00:1]:{port}/",
    "https://[2002:7f00:1::]:{port}/",
    "https://shop.example@127.0.0.1:{port}/",
    "https://127.0.0.1:{port}#@shop.example/",
    "https://127.0.0.1:{port}\\@shop.example/",
    "https://shop.example:{port}\\@127.0.0.1/",
    "https://\N{FULLWIDTH DIGIT ONE}27.0.0.1:{port}/",
    "https://127.0.0\N{IDEOGRAPHIC FULL STOP}1:{port}/",
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "gopher://127.0.0.1:{port}/_",
    "ftp://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
]


# The tests' own fence stops the connection, and says where it would have gone.
FENCE = (SocketConnectBlockedError, UserWarning)


@pytest.fixture
def ours():
    """Something that listens on this machine."""
    with door() as listening:
        yield listening


def asking(ours: Door, *answers: list[str]) -> tuple[PublicHttp, Names]:
    """What an installation uses, but that the port of the door is one of those allowed."""
    names = Names(*answers)
    return PublicHttp(Policy(ports={ours.port, 443}), resolve=names), names


@pytest.mark.parametrize("disguise", DISGUISES)
def test_nothing_is_connected_to_when_the_address_is_ours(ours: Door, disguise: str) -> None:
    http, _ = asking(ours, ["127.0.0.1"])
    with pytest.raises(ProviderRejected):
        post(http, disguise.format(port=ours.port))
    assert ours.visits == 0


@pytest.mark.parametrize("address", [*INTERNAL_V4, *INTERNAL_V6])
def test_nothing_is_connected_to_when_the_name_leads_inside(ours: Door, address: str) -> None:
    http, names = asking(ours, [address])
    with pytest.raises(ProviderRejected, match="public internet"):
        post(http, f"https://{NAME}:{ours.port}/")
    assert (ours.visits, names.asked) == (0, [NAME])


@pytest.mark.parametrize("order", [1, -1])
def test_nothing_is_connected_to_when_only_one_of_the_addresses_is_inside(
    ours: Door, order: int
) -> None:
    http, _ = asking(ours, ["8.8.8.8", "127.0.0.1"][::order])
    with pytest.raises(ProviderRejected):
        post(http, f"https://{NAME}:{ours.port}/")
    assert ours.visits == 0


@pytest.mark.parametrize("address", PUBLIC)
def test_address_that_was_checked_is_the_one_that_is_connected_to(ours: Door, address: str) -> None:
    http, names = asking(ours, [address], ["127.0.0.1"])
    with pytest.raises(FENCE, match=re.escape(address)):
        post(http, f"https://{NAME}:{ours.port}/")
    assert (ours.visits, names.asked) == (0, [NAME])


def test_nobody_is_asked_where_an_address_leads(ours: Door) -> None:
    http, names = asking(ours, ["127.0.0.1"])
    with pytest.raises(FENCE, match=re.escape("8.8.8.8")):
        post(http, f"https://8.8.8.8:{ours.port}/")
    assert (ours.visits, names.asked) == (0, [])


def test_name_is_asked_for_anew_each_time_when_it_moves_inside(ours: Door) -> None:
    http, _ = asking(ours, ["8.8.8.8"], ["127.0.0.1"])
    http.check(f"https://{NAME}:{ours.port}/")
    with pytest.raises(FENCE, match=re.escape("8.8.8.8")):
        post(http, f"https://{NAME}:{ours.port}/")
    with pytest.raises(ProviderRejected):
        post(http, f"https://{NAME}:{ours.port}/")
    assert ours.visits == 0


def test_fetch_is_held_to_the_same(ours: Door) -> None:
    http, _ = asking(ours, ["127.0.0.1"])
    with pytest.raises(ProviderRejected):
        http.fetch(f"https://{NAME}:{ours.port}/", max_bytes=10, timeout_seconds=5)
    assert ours.visits == 0


def test_check_connects_to_nothing_and_asks_for_no_name(ours: Door) -> None:
    http, names = asking(ours, ["127.0.0.1"])
    http.check(f"https://{NAME}:{ours.port}/")
    assert (ours.visits, names.asked) == (0, [])
