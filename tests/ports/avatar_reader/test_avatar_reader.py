"""Pictures of names, from real servers and real tokens."""

import json
import ssl
from base64 import b64encode
from collections.abc import Mapping

import pytest

from souk.adapters.avatars.reader import EnsAvatarReader
from souk.adapters.avatars.tokens import PictureTokens
from souk.adapters.http.client import PublicHttp
from souk.adapters.http.patience import Turns
from souk.adapters.http.targets import Policy
from souk.core.errors import ProviderUnavailable
from souk.modules.names.domain import (
    PICTURE_BYTES,
    AvatarFault,
    EnsName,
    Evidence,
    NameRecord,
    Picture,
)
from souk.modules.names.errors import AvatarRefused
from tests.ports.http.conftest import soon
from tests.support.chain_builders import a_node
from tests.support.clock import MovableClock
from tests.support.ens_resolvers import ResolverWorld
from tests.support.ens_world import FIG, OLIVE
from tests.support.ipfs_files import Blocks, Gateway, gateway_to
from tests.support.rail_builders import CHAIN_ID
from tests.support.sockets import door, repeating, stay_silent
from tests.support.strangers import NAME, PNG, Names, page, server, serving

SHOWN = Picture("image/png", PNG)
BLOCK = Evidence(CHAIN_ID, 1, "0x", MovableClock().now())


@pytest.fixture
def outside(authority):
    """A server of the owner's."""
    with server(authority, page(PNG)) as running:
        yield running


def reading(trusting: ssl.SSLContext, port: int, *, tokens: object = None, **how: object):
    """With every name of the internet leading to this machine."""
    http = PublicHttp(Policy(to_loopback=True, ports={port}), Names(["127.0.0.1"]), trusting)
    return EnsAvatarReader(http, tokens, **how)


def named(avatar: str, *, address: object = FIG) -> NameRecord:
    texts: Mapping[str, str] = {"avatar": avatar}
    return NameRecord(name=EnsName("fig.eth"), block=BLOCK, address=address, texts=texts)


def fault_of(reader: EnsAvatarReader, avatar: str, *, address: object = FIG) -> str:
    with pytest.raises(AvatarRefused) as refusal:
        reader.read(named(avatar, address=address))
    return refusal.value.context["reason"]


def written(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{b64encode(content).decode()}"


def test_picture_stands_at_an_address(trusting, outside):
    reader = reading(trusting, outside.port)

    assert reader.read(named(f"https://{NAME}:{outside.port}/fig.png")) == SHOWN
    assert outside.paths == ["/fig.png"]


def test_picture_is_written_out(trusting):
    reader = reading(trusting, 443)

    assert reader.read(named(written(PNG))) == SHOWN
    assert fault_of(reader, written(PNG + bytes(PICTURE_BYTES))) == AvatarFault.TOO_LARGE


@pytest.mark.parametrize(
    "content", [b"<svg onload='alert(1)'/>", b"<!DOCTYPE html><script>1</script>", b""]
)
def test_nothing_but_a_picture_is_shown_whatever_it_is_called(trusting, outside, content):
    outside.answers[:] = [page(content, "200 OK", "Content-Type: image/png")]
    reader = reading(trusting, outside.port)

    url = f"https://{NAME}:{outside.port}/"
    assert fault_of(reader, url) == AvatarFault.NO_PICTURE
    assert fault_of(reader, written(content)) == AvatarFault.NO_PICTURE


@pytest.mark.parametrize("status", ["301 Moved", "401 No", "403 No", "404 None", "410 Gone"])
def test_picture_that_is_not_given_is_refused(trusting, outside, status):
    outside.answers[:] = [page(PNG, status)]
    reader = reading(trusting, outside.port)

    assert fault_of(reader, f"https://{NAME}:{outside.port}/") == AvatarFault.NOT_FETCHED


@pytest.mark.parametrize("status", ["429 Slower", "500 Broken", "503 Later"])
def test_picture_may_come_later(trusting, outside, status):
    outside.answers[:] = [page(PNG, status)]

    with pytest.raises(ProviderUnavailable):
        reading(trusting, outside.port).read(named(f"https://{NAME}:{outside.port}/"))


def test_picture_ends_somewhere(trusting, authority):
    endless = repeating(b"HTTP/1.1 200 OK\r\n\r\n" + PNG, bytes(65_536))
    with door(endless, tls=serving(authority, NAME)) as running:
        url = f"https://{NAME}:{running.port}/"
        assert fault_of(reading(trusting, running.port), url) == AvatarFault.NOT_FETCHED


def test_server_gets_so_much_time(trusting, authority):
    with door(stay_silent, tls=serving(authority, NAME)) as running:
        reader = reading(trusting, running.port, seconds=0.2)
        with soon(seconds=2), pytest.raises(ProviderUnavailable, match="in time"):
            reader.read(named(f"https://{NAME}:{running.port}/"))


def test_nobody_waits_behind_too_many_others(trusting):
    turns = Turns(1)
    with turns.taken(), pytest.raises(ProviderUnavailable, match="too many"):
        reading(trusting, 443, turns=turns).read(named(written(PNG)))


@pytest.mark.parametrize(
    "avatar",
    ["http://fig.example/fig.png", "fig.png", "bzz://fig", "ar://fig", "data:x", ""],
)
def test_other_addresses_are_refused(trusting, avatar):
    assert fault_of(reading(trusting, 443), avatar) == AvatarFault.UNKNOWN_ADDRESS


# Tokens


@pytest.fixture
def world(still_chain):
    with a_node(still_chain.url) as node:
        yield ResolverWorld(still_chain, node)


def token(world: ResolverWorld, described: str, kind: str = "erc721", owner: object = FIG) -> str:
    return f"eip155:{CHAIN_ID}/{kind}:{world.picture_token(owner, described)}/7"


def description(image: object, name: str = "image") -> str:
    return written(json.dumps({name: image}).encode(), "application/json")


@pytest.mark.parametrize("kind", ["erc721", "erc1155"])
@pytest.mark.parametrize("name", ["image", "image_url"])
def test_token_is_shown_for_its_holder(trusting, outside, world, kind, name):
    reader = reading(trusting, outside.port, tokens=PictureTokens(world.reader))
    avatar = token(world, description(f"https://{NAME}:{outside.port}/7.png", name), kind)

    assert reader.read(named(avatar)) == SHOWN
    assert outside.paths == ["/7.png"]


@pytest.mark.parametrize("kind", ["erc721", "erc1155"])
@pytest.mark.parametrize("address", [OLIVE, None])
def test_token_of_somebody_else_is_not_shown(trusting, outside, world, kind, address):
    reader = reading(trusting, outside.port, tokens=PictureTokens(world.reader))
    avatar = token(world, f"https://{NAME}:{outside.port}/7.json", kind)

    assert fault_of(reader, avatar, address=address) == AvatarFault.NOT_THEIRS
    assert outside.requests == []


@pytest.mark.parametrize(
    "text", ["eip155:1/x", "eip155:1/erc20:{0}/7", "eip155:1/erc721:{0}/9" * 9]
)
def test_what_names_no_token_is_refused(trusting, world, text):
    reader = reading(trusting, 443, tokens=PictureTokens(world.reader))

    assert fault_of(reader, text.format(FIG)) == AvatarFault.UNKNOWN_ADDRESS


def test_token_of_another_chain_is_not_shown(trusting, world):
    reader = reading(trusting, 443, tokens=PictureTokens(world.reader))

    other = token(world, description(written(PNG))).replace(str(CHAIN_ID), "1")
    assert fault_of(reader, other) == AvatarFault.OTHER_CHAIN


def test_token_among_many_is_described_by_its_number(trusting, outside, world):
    outside.answers[:] = [page(json.dumps({"image": written(PNG)}).encode())]
    reader = reading(trusting, outside.port, tokens=PictureTokens(world.reader))

    avatar = token(world, f"https://{NAME}:{outside.port}/{{id}}.json", "erc1155")
    assert reader.read(named(avatar)) == SHOWN
    assert outside.paths == [f"/{7:064x}.json"]


@pytest.mark.parametrize(
    "described",
    [
        "",
        written(b"{", "application/json"),
        written(b"[]", "application/json"),
        written(b"[" * 40_000),
        written(b"\xff"),
        description(None),
        description(7),
        description("<svg/>", "image_data"),
    ],
)
def test_token_without_a_description_is_not_shown(trusting, world, described):
    reader = reading(trusting, 443, tokens=PictureTokens(world.reader))

    assert fault_of(reader, token(world, described[:8_000])) == AvatarFault.UNDESCRIBED


def test_description_leads_to_no_other_token(trusting, world):
    reader = reading(trusting, 443, tokens=PictureTokens(world.reader))
    inner = token(world, description(written(PNG)))

    assert fault_of(reader, token(world, description(inner))) == AvatarFault.UNKNOWN_ADDRESS


@pytest.mark.parametrize("contract", ["an account", "another contract", "too much"])
def test_contract_that_is_no_token_is_not_shown(trusting, world, contract):
    where = {
        "an account": OLIVE,
        "another contract": world.place.registry,
        "too much": world.endless(),
    }[contract]
    reader = reading(trusting, 443, tokens=PictureTokens(world.reader))

    assert fault_of(reader, f"eip155:{CHAIN_ID}/erc721:{where}/7") == AvatarFault.NOT_THEIRS


# IPFS


@pytest.fixture
def blocks() -> Blocks:
    return Blocks()


@pytest.fixture
def gateway(blocks):
    with gateway_to(blocks) as running:
        yield running


@pytest.fixture
def ipfs(trusting, gateway) -> EnsAvatarReader:
    return reading(trusting, 443, blocks=gateway.source())


def test_picture_of_one_block_is_compared_with_its_name(ipfs, gateway, blocks):
    cid = blocks.raw(PNG)

    assert ipfs.read(named(f"ipfs://{cid}")) == SHOWN
    assert gateway.paths == [f"/ipfs/{cid}?format=raw"]
    blocks.kept[cid] = PNG + b"!"
    assert fault_of(ipfs, f"ipfs://{cid}") == AvatarFault.IPFS_FORGED


def test_picture_of_several_blocks_in_a_folder_is_put_together(ipfs, blocks):
    first, rest = blocks.file(PNG[8:20]), blocks.raw(PNG[20:])
    picture = blocks.file(PNG[:8], first, rest)
    folder = blocks.folder({"a": blocks.folder({"fig.png": picture})})

    assert ipfs.read(named(f"ipfs://ipfs/{folder}/a/fig.png?x")) == SHOWN
    blocks.kept[rest] = b"?"
    assert fault_of(ipfs, f"ipfs://{folder}/a/fig.png") == AvatarFault.IPFS_FORGED


def test_file_of_too_many_blocks_is_refused(ipfs, gateway, blocks):
    picture = blocks.file(PNG, *[blocks.raw(bytes([number])) for number in range(30)])

    assert fault_of(ipfs, f"ipfs://{picture}") == AvatarFault.TOO_LARGE
    assert len(gateway.paths) == 16


def test_file_that_is_too_large_is_refused(ipfs, blocks):
    piece = blocks.raw(bytes(PICTURE_BYTES // 2))
    picture = blocks.file(PNG, piece, piece)

    assert fault_of(ipfs, f"ipfs://{picture}") == AvatarFault.TOO_LARGE


def test_other_forms_are_refused(ipfs, blocks):
    picture, hollow = blocks.raw(PNG), blocks.folder({})
    for path in (
        hollow,
        f"{hollow}/fig.png",
        f"{picture}/fig.png",
        blocks.folder({"fig.png": picture}, kind=5),
        "fig",
        "",
        f"{hollow}{'/a' * 7}",
    ):
        assert fault_of(ipfs, f"ipfs://{path}") == AvatarFault.IPFS_FORM
    missing = Blocks().raw(b"not there")
    assert fault_of(ipfs, f"ipfs://{missing}") == AvatarFault.NOT_FETCHED


def test_block_that_is_too_large_costs_nobody_the_gateway(ipfs, blocks):
    """Whoever has a name could otherwise have every picture of others vanish for an hour."""
    large, picture = blocks.raw(bytes(PICTURE_BYTES + 1)), blocks.raw(PNG)

    assert fault_of(ipfs, f"ipfs://{large}") == AvatarFault.IPFS_FORGED
    assert ipfs.read(named(f"ipfs://{picture}")) == SHOWN


def test_gateway_gets_so_much_time(trusting):
    with door(stay_silent) as silent:
        source = Gateway(Blocks(), silent.port).source()
        reader = reading(trusting, 443, blocks=source, seconds=0.2)
        with soon(seconds=2), pytest.raises(ProviderUnavailable):
            reader.read(named(f"ipfs://{Blocks().raw(PNG)}"))


def test_nothing_is_read_from_ipfs_without_a_gateway(trusting, blocks):
    assert fault_of(reading(trusting, 443), f"ipfs://{blocks.raw(PNG)}") == AvatarFault.IPFS_OFF
