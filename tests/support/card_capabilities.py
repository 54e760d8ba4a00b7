"""What each server of Stripe's API can do, so that a test says which of them it is for.

A rail that joins these tests gets a line in `SERVERS`; nothing is left out by itself.
"""

from enum import Enum, auto

import pytest


class Can(Enum):
    """What a server knows of."""

    PAY = auto()
    """Intents, and cards that pay them."""
    GIVE_BACK = auto()
    """Refunds, and lists of them."""
    KEEP = auto()
    """Customers, and setups for them."""
    REMEMBER_KEYS = auto()
    """A repeated key has the answer of the first time."""
    HAND_ON = auto()
    """Connected accounts, transfers and reversals."""
    TELL = auto()
    """Charges of an intent, disputes, events: all that a look takes."""


SERVERS = {
    "card_server": frozenset(Can),
    "localstripe": frozenset({Can.PAY, Can.GIVE_BACK, Can.KEEP}),
}
_DEEP = frozenset({"localstripe"})


def can(server: str, what: Can) -> bool:
    """Whether a server knows of it."""
    return what in SERVERS[server]


def where(*needed: Can) -> pytest.MarkDecorator:
    """For every server that can do all of this; the fixture `any_card` is the rail on it."""
    names = [name for name, known in SERVERS.items() if known.issuperset(needed)]
    return pytest.mark.parametrize(
        "any_card",
        [pytest.param(name, marks=[pytest.mark.deep] if name in _DEEP else []) for name in names],
        indirect=True,
    )
