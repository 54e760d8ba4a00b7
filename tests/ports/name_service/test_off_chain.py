"""Names that are resolved elsewhere (EIP-3668): followed when the caller wants that, to gateways
that the operator allows, and to nothing else."""

import ssl
from dataclasses import dataclass

import pytest
import trustme
from eth_abi.abi import encode

from souk.adapters.ens.calls import Question
from souk.adapters.ens.gateways import LONGEST_ANSWER, Gateways
from souk.adapters.ens.hashes import node_of
from souk.adapters.ens.lookups import OffChainLookups
from souk.adapters.http.client import PublicHttp
from souk.adapters.http.patience import Turns
from souk.adapters.http.targets import Policy
from souk.core.errors import ProviderUnavailable
from souk.modules.names.domain import EnsName, Fault, NameRecord, NameState, find_fault
from tests.ports.http.conftest import soon
from tests.support.ens_resolvers import ResolverWorld
from tests.support.ens_world import FIG, OLIVE
from tests.support.sockets import door, stay_silent
from tests.support.strangers import Names, Server, page, server, serving, told

NAME = EnsName("maltese.eth")
BELOW = EnsName("shop.maltese.eth")
GATEWAY = "gateway.example"
FIGS = encode(["address"], [FIG])
NO_TEXT = encode(["string"], [""])


@dataclass
class Site:
    """A chain with a name of Fig's, and whoever may follow what lies elsewhere."""

    world: ResolverWorld
    trusting: ssl.SSLContext

    def look(
        self,
        at: Server | int,
        name: EnsName = NAME,
        *,
        host: str = GATEWAY,
        seconds: float = 5,
        turns: Turns | None = None,
        off_chain: bool = True,
    ) -> NameRecord:
        """With every name of the internet leading to this machine."""
        port = at if isinstance(at, int) else at.port
        policy = Policy(to_loopback=True, ports={port}, hosts={host})
        http = PublicHttp(policy, Names(["127.0.0.1"]), self.trusting)
        service = self.world.service_with(
            lambda reader: OffChainLookups(
                reader, Gateways(http), turns or Turns(), seconds=seconds
            )
        )
        return service.look(name, off_chain=off_chain)


@pytest.fixture
def site(on_chain: ResolverWorld, trusting: ssl.SSLContext) -> Site:
    on_chain.register("maltese", FIG)
    return Site(on_chain, trusting)


@pytest.fixture
def gateway(authority: trustme.CA):
    """Says that everything stands for Fig."""
    with server(authority, told(FIGS), told(NO_TEXT), name=GATEWAY) as running:
        yield running


def url(at: Server, rest: str = "/{sender}/{data}.json", host: str = GATEWAY) -> str:
    return f"https://{host}:{at.port}{rest}"


def test_address_is_what_the_gateway_says(site: Site, gateway: Server):
    resolver = site.world.look_elsewhere(NAME, FIG, url(gateway))

    record = site.look(gateway)

    assert (record.address, record.off_chain, record.state) == (FIG, True, NameState.HELD)
    assert find_fault(record, FIG) is None
    asked = Question.of(resolver, "addr(bytes32)", node_of(NAME)).data.hex()
    assert gateway.paths[0] == f"/{resolver.lower()}/0x{asked}.json"


def test_question_is_in_the_body_when_the_address_has_no_place_for_it(site: Site, gateway: Server):
    resolver = site.world.look_elsewhere(NAME, FIG, url(gateway, "/at/{sender}"))

    assert site.look(gateway).address == FIG

    head, _, body = gateway.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(f"POST /at/{resolver.lower()} ".encode())
    asked = Question.of(resolver, "addr(bytes32)", node_of(NAME)).data.hex()
    assert body == f'{{"data": "0x{asked}", "sender": "{resolver.lower()}"}}'.encode()


def test_avatar_is_looked_up_too_and_no_other_text(site: Site, gateway: Server):
    gateway.answers[1:] = [told(encode(["string"], ["https://fig.example/fig.png"]))]
    site.world.look_elsewhere(NAME, FIG, url(gateway))

    record = site.look(gateway)

    assert record.texts == {"avatar": "https://fig.example/fig.png"}
    assert len(gateway.requests) == 2


@pytest.mark.pitfall("A12")
def test_nothing_is_followed_when_the_caller_does_not_say_so(site: Site, gateway: Server):
    site.world.look_elsewhere(NAME, FIG, url(gateway))

    record = site.look(gateway, off_chain=False)

    assert (record.address, record.off_chain, gateway.requests) == (None, True, [])


@pytest.mark.pitfall("A12")
def test_nothing_is_followed_when_no_gateways_are_allowed(site: Site, gateway: Server):
    site.world.look_elsewhere(NAME, FIG, url(gateway))

    record = site.world.service.look(NAME, off_chain=True)

    assert (record.address, record.off_chain, gateway.requests) == (None, True, [])
    assert find_fault(record, FIG) is Fault.OFF_CHAIN


@pytest.mark.pitfall("A12")
@pytest.mark.parametrize(
    "host", ["other.example", "{data}", "gateway.example.evil.example", "127.0.0.1", "localhost"]
)
def test_no_gateway_is_asked_but_those_that_are_allowed(site: Site, gateway: Server, host: str):
    site.world.look_elsewhere(NAME, FIG, url(gateway, host=host))

    record = site.look(gateway)

    assert (record.address, record.off_chain, gateway.door.visits) == (None, True, 0)


@pytest.mark.pitfall("A12")
def test_nothing_is_followed_when_another_contract_wants_it(site: Site, gateway: Server):
    site.world.look_elsewhere(NAME, FIG, url(gateway), sender=OLIVE)

    record = site.look(gateway)

    assert (record.address, record.off_chain, gateway.requests) == (None, True, [])


@pytest.mark.parametrize(("rounds", "address"), [(4, FIG), (5, None)])
def test_so_many_lookups_are_followed_and_no_more(site, gateway, rounds, address):
    gateway.answers[:] = [told(FIGS)]
    site.world.look_elsewhere(NAME, FIG, url(gateway), rounds=rounds)

    assert site.look(gateway).address == address
    assert len(gateway.requests) == 8


def test_so_many_gateways_are_tried_and_no_more(site: Site, gateway: Server):
    elsewhere = [url(gateway, host=f"g{number}.example") for number in range(4)]
    site.world.look_elsewhere(NAME, FIG, *elsewhere[1:], url(gateway))
    assert site.look(gateway).address == FIG

    site.world.look_elsewhere(NAME, FIG, *elsewhere, url(gateway))
    assert site.look(gateway).address is None


def test_next_gateway_is_asked_when_one_fails(site: Site, gateway: Server):
    gateway.answers[:] = [page(b"{}", "500 Broken"), told(FIGS), told(NO_TEXT)]
    site.world.look_elsewhere(NAME, FIG, url(gateway, "/a/{data}"), url(gateway, "/b/{data}"))

    assert site.look(gateway).address == FIG
    assert [path[:3] for path in gateway.paths] == ["/a/", "/b/", "/a/"]


def test_no_other_gateway_is_asked_when_one_says_that_there_is_no_answer(site, gateway):
    gateway.answers[:] = [page(b"{}", "404 Not Found")]
    site.world.look_elsewhere(NAME, FIG, url(gateway, "/a/{data}"), url(gateway, "/b/{data}"))

    assert site.look(gateway).address is None
    assert [path[:3] for path in gateway.paths] == ["/a/", "/a/"]


@pytest.mark.pitfall("A12")
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("rest", ["/{data}", "/"])
def test_gateway_sends_nobody_elsewhere(site: Site, gateway: Server, status: str, rest: str):
    with door() as inside:
        places = [f"http://127.0.0.1:{inside.port}/", url(gateway, "/again")]
        site.world.look_elsewhere(NAME, FIG, url(gateway, rest))
        for place in places:
            answer = f'{{"data": "0x{FIGS.hex()}"}}'.encode()
            gateway.answers[:] = [page(answer, status, f"Location: {place}")]
            assert site.look(gateway).address is None
    assert inside.visits == 0
    assert not [path for path in gateway.paths if path == "/again"]


MALFORMED = {
    "nothing": page(b""),
    "no JSON": page(b"0x00"),
    "no object": page(b'["0x00"]'),
    "no data": page(b'{"result": "0x00"}'),
    "a number": page(b'{"data": 7}'),
    "no hexadecimal": page(b'{"data": "0xfg"}'),
    "half a byte": page(b'{"data": "0x123"}'),
    "without 0x": page(b'{"data": "1234"}'),
    "too deep": page(b"[" * 60_000),
    "no text": page(b"\xff\xfe"),
    "too long": page(b'{"data": "0x' + b"0" * 70_000 + b'"}'),
    "longer than is sent back": told(FIGS + bytes(LONGEST_ANSWER)),
    "no address": told(b"\xff" * 32),
    "an address too short": told(b"\x01"),
    "another protocol": b"220 mail.example ESMTP\r\n",
    "no content": page(b"", "204 No Content"),
}


@pytest.mark.parametrize("answer", MALFORMED.values(), ids=MALFORMED)
def test_name_has_no_address_when_the_gateway_says_no_such_thing(site, gateway, answer):
    gateway.answers[:] = [answer]
    site.world.look_elsewhere(NAME, FIG, url(gateway))

    record = site.look(gateway)

    assert (record.address, record.off_chain) == (None, True)
    assert len(gateway.requests) == 2


def test_address_does_not_grow_beyond_bounds(site: Site, gateway: Server):
    site.world.look_elsewhere(NAME, FIG, url(gateway, "/" + "{data}" * 500))

    assert site.look(gateway).address is None
    assert gateway.requests == []


def test_all_is_as_of_one_block_though_others_follow(site: Site, gateway: Server):
    gateway.answers[:] = [told(b"")]
    gateway.before = lambda: site.world.pass_time(days=1)
    site.world.look_elsewhere(NAME, FIG, url(gateway))

    record = site.look(gateway)

    assert int(record.address, 16) == record.block.number


def test_name_below_is_answered_for_by_a_gateway(site: Site, gateway: Server):
    gateway.answers[0] = told(encode(["bytes"], [FIGS]))
    site.world.look_elsewhere(NAME, FIG, url(gateway), extended=True)

    record = site.look(gateway, BELOW)

    assert (record.address, record.off_chain) == (FIG, True)
    assert (record.state, record.answered_by) == (NameState.WILDCARD, NAME)


def test_gateways_get_so_much_time_for_all_that_they_are_asked(site, authority):
    with door(stay_silent, tls=serving(authority, GATEWAY)) as silent:
        at = f"https://{GATEWAY}:{silent.port}/"
        site.world.look_elsewhere(NAME, FIG, *[at + "{data}"] * 4, rounds=4)
        with soon(seconds=2):
            record = site.look(silent.port, seconds=0.2)

    assert (record.address, record.off_chain) == (None, True)
    assert silent.visits == 1


def test_nobody_waits_behind_too_many_others(site: Site, gateway: Server):
    site.world.look_elsewhere(NAME, FIG, url(gateway))
    turns = Turns(1)

    with turns.taken(), pytest.raises(ProviderUnavailable, match="too many"):
        site.look(gateway, turns=turns)
    assert site.look(gateway, turns=turns).address == FIG
