"""The normal form of ENSIP-15, and that two implementations of it agree."""

import random

import pytest
from ens.exceptions import InvalidName
from ens.utils import normalize_name

from souk.adapters.ens.normaliser import EnsipNormaliser

NORMALISER = EnsipNormaliser()

# Letters of several scripts, digits, marks, emoji, what is mapped and what is ignored.
_POOLS = (
    "abcdefghijklmnopqrstuvwxyz0123456789-_'$.",
    "éüßñçåøœ",
    "абвгдежзийклмноп",
    "αβγδεζηθ",
    "אבגדה",
    "あいうえおカキク漢字",
    "①Ⅷﬁ²ªＡＢ",
    "👍👨‍👩‍👧1⃣🏴‍☠️\u200d\ufe0f",
    "\u0301\u0308\u0327",
    "\u200b\u00ad \u2019‘·・",
)


@pytest.mark.parametrize(
    ("text", "name", "shown"),
    [
        ("Nick.ETH", "nick.eth", "nick.eth"),
        ("ｆｉｇ.eth", "fig.eth", "fig.eth"),
        ("figÜ.eth", "figü.eth", "figü.eth"),
        ("👍.eth", "👍.eth", "👍️.eth"),
        ("_dmarc.fig.eth", "_dmarc.fig.eth", "_dmarc.fig.eth"),
    ],
)
def test_finds_the_normal_form_and_how_it_is_shown(text, name, shown):
    found = NORMALISER.normalise(text)

    assert (found.name, found.shown, found.refusal) == (name, shown, None)


@pytest.mark.pitfall("A9")
@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [
        ("fig olive.eth", "disallowed", "figolive.eth"),
        ("p\u0430ypal.eth", "conf_mixed", "pypal.eth"),
        ("\u0440\u0430\u0443\u0440\u0430l.eth", "conf_mixed", None),
        ("fi_g.eth", "underscore", "fig.eth"),
        ("fig..eth", "empty_label", "fig.eth"),
        (".eth", "empty_label", "eth"),
        ("xn--fig.eth", "hyphen", "xnfig.eth"),
        ("fi\u200dg.eth", "invisible", "fig.eth"),
        ("fig\u202e.eth", "disallowed", "fig.eth"),
        ("\u0441\u0430\u0441\u0430.eth", "conf_whole", None),
        ("", "empty", None),
        ("\ud800.eth", "disallowed", None),
        ("$\u3042\u6f22\u3046\ufb01\u0301.eth", "conf_mixed", None),
        ("a" * 256, "too_long", None),
        (" " * 255, "disallowed", None),
    ],
)
def test_says_why_a_text_is_no_name_and_what_was_meant(text, code, suggestion):
    found = NORMALISER.normalise(text)

    assert found.name is None
    assert (found.refusal.code, found.suggestion) == (code, suggestion)
    assert found.refusal.reason


def _a_text(chance: random.Random) -> str:
    mostly = chance.choice(_POOLS[:6])
    pools = (mostly if chance.random() < 0.85 else chance.choice(_POOLS) for _ in range(20))
    return "".join(map(chance.choice, list(pools)[: chance.randint(1, 12)])) + ".eth"


def _by_web3(text: str) -> str | None:
    """web3 takes a label of ignored characters alone for an empty one that is right."""
    try:
        name = normalize_name(text)
    except InvalidName:
        return None
    return None if name is None or "" in name.split(".") else name


def _agree(names: int, seed: int) -> None:
    chance = random.Random(seed)
    texts = [_a_text(chance) for _ in range(names)]
    different = [text for text in texts if NORMALISER.normalise(text).name != _by_web3(text)]
    assert different == []


@pytest.mark.pitfall("A9")
def test_agrees_with_another_implementation_on_a_few_names():
    _agree(100, seed=15)


@pytest.mark.deep
@pytest.mark.pitfall("A9")
def test_agrees_with_another_implementation_on_many_names():
    _agree(20_000, seed=16)
