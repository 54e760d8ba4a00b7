"""Showing what names are shown with: fetched once in a while, by nobody but us."""

import pytest

from souk.adapters.avatars.reader import EnsAvatarReader
from souk.adapters.ens.absent import AbsentAvatarReader, AbsentNameService
from souk.core.errors import ProviderUnavailable
from souk.modules.names.domain import PICTURE_BYTES, Picture
from souk.modules.names.errors import (
    AvatarMissing,
    AvatarRefused,
    AvatarUnreachable,
    NameRefused,
    NamesNotServed,
)
from souk.modules.names.service import Avatars
from souk.modules.names.service.avatar import PLACES
from tests.integration.names.conftest import NoTokens
from tests.support.account_builders import a_wallet
from tests.support.fake_names import FakeName, a_name
from tests.support.http import NothingKept
from tests.support.strangers import PNG

SOFIA = a_wallet("sofia").address
FIG_PNG = "https://fig.example/fig.png"
SHOWN = Picture("image/png", PNG)


@pytest.fixture
def fig(chain, pages) -> FakeName:
    """A name with a picture."""
    chain.names["fig.eth"] = a_name(SOFIA)
    chain.names["fig.eth"].texts["avatar"] = FIG_PNG
    pages.put(FIG_PNG, PNG)
    return chain.names["fig.eth"]


def test_show_fetches_once_for_all_who_look(avatars, pages, chain, fig):
    shown = [avatars.show(text) for text in ("fig.eth", "Fig.ETH", "fig.eth")]

    assert shown == [SHOWN] * 3
    assert (pages.fetched, chain.asked) == ([FIG_PNG], 1)


def test_show_fetches_each_time_when_nothing_is_kept(lookups, chain, pages, fig):
    avatars = Avatars(lookups, chain, EnsAvatarReader(pages, NoTokens()), NothingKept())

    assert [avatars.show("fig.eth"), avatars.show("fig.eth")] == [SHOWN, SHOWN]
    assert pages.fetched == [FIG_PNG, FIG_PNG]


def test_show_keeps_no_more_than_so_many_pictures(avatars, chain, pages, fig, cache):
    for number in range(2 * PLACES):
        name = f"fig{number}.eth"
        chain.names[name] = a_name(SOFIA)
        url = f"https://fig.example/{number}.png"
        chain.names[name].texts["avatar"] = url
        pages.put(url, PNG + bytes([number]))

    shown = [avatars.show(f"fig{number}.eth").content[-1] for number in range(2 * PLACES)]

    assert shown == list(range(2 * PLACES))
    kept = cache.get_all([f"avatar:{place}" for place in range(2 * PLACES)])
    assert all(one is None for one in kept[PLACES:])
    assert PLACES // 2 < sum(one is not None for one in kept) <= PLACES


@pytest.mark.pitfall("A10")
@pytest.mark.parametrize("days", [-1, -100])
def test_show_shows_nothing_of_a_name_that_has_expired(avatars, pages, chain, days):
    chain.names["fig.eth"] = a_name(SOFIA, days=days)
    chain.names["fig.eth"].texts["avatar"] = FIG_PNG

    with pytest.raises(AvatarMissing):
        avatars.show("fig.eth")
    assert pages.fetched == []


def test_show_remembers_that_there_is_none(avatars, chain):
    chain.names["fig.eth"] = a_name(SOFIA)
    for name in ("fig.eth", "fig.eth", "nobody-has.eth", "nobody-has.eth"):
        with pytest.raises(AvatarMissing):
            avatars.show(name)

    assert chain.asked == 2


@pytest.mark.parametrize("body", [b"<svg/>", PNG + bytes(PICTURE_BYTES)])
def test_show_remembers_why_one_is_not_shown(avatars, pages, fig, body):
    pages.put(FIG_PNG, body)
    refusals = []
    for _ in range(2):
        with pytest.raises(AvatarRefused) as refusal:
            avatars.show("fig.eth")
        refusals.append((refusal.value.detail, refusal.value.context))

    assert (refusals[0], pages.fetched) == (refusals[1], [FIG_PNG])


def test_show_says_when_the_server_of_the_picture_is_away(avatars, pages, fig):
    pages.pages.clear()
    for _ in range(2):
        with pytest.raises(AvatarUnreachable):
            avatars.show("fig.eth")

    assert pages.fetched == [FIG_PNG]


def test_show_is_unavailable_when_the_chain_is_away(avatars, chain, fig):
    chain.away = True
    with pytest.raises(ProviderUnavailable):
        avatars.show("fig.eth")

    chain.away = False
    assert avatars.show("fig.eth") == SHOWN


def test_show_says_so_where_no_chain_has_names(lookups, cache):
    avatars = Avatars(lookups, AbsentNameService(), AbsentAvatarReader(), cache)

    for _ in range(2):
        with pytest.raises(NamesNotServed):
            avatars.show("fig.eth")


def test_show_refuses_what_is_no_name(avatars, chain):
    with pytest.raises(NameRefused):
        avatars.show("fig olive.eth")
    assert chain.asked == 0
