"""What each rail can do, so that a test says which of them it is for.

A rail that joins these tests gets a line in `RAILS` and a fixture of that name, or of the server
that it is on; nothing is left out by itself.
"""

from enum import Enum, auto

import pytest


class Can(Enum):
    """What a rail, or the server that it is on, knows of."""

    PAY = auto()
    """Payments of several orders together."""
    BROWSE = auto()
    """Payers who go on in a browser, and can be stopped there."""
    GIVE_BACK = auto()
    """Held money goes back, and a list of what did."""
    KEEP = auto()
    """Customers, and setups for them."""
    REMEMBER_KEYS = auto()
    """A repeated key has the answer of the first time."""
    HAND_ON = auto()
    """Held money goes on to sellers, and comes back from them."""
    TELL = auto()
    """All that a look takes, and everything that happened."""


RAILS = {
    "escrow": frozenset({Can.PAY, Can.GIVE_BACK, Can.HAND_ON, Can.TELL}),
    "card_server": frozenset(Can),
    "localstripe": frozenset({Can.PAY, Can.BROWSE, Can.GIVE_BACK, Can.KEEP}),
}
_DEEP = frozenset({"localstripe"})


def can(rail: str, what: Can) -> bool:
    """Whether a rail knows of it."""
    return what in RAILS[rail]


def where(*needed: Can) -> pytest.MarkDecorator:
    """For every rail that can do all of this, which is the fixture `any_rail`."""
    names = [name for name, known in RAILS.items() if known.issuperset(needed)]
    return pytest.mark.parametrize(
        "any_rail",
        [pytest.param(name, marks=[pytest.mark.deep] if name in _DEEP else []) for name in names],
        indirect=True,
    )
