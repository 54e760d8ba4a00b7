"""Rule 8: both rails converge."""

import pytest

from .robots.rails import find_rail_branches
from .robots.tree import MODULES, SOUK, listing, snippet, sources

BRANCH = "def f(x):\n    return x == Rail.CARD\n"


def test_decides_by_rail_only_where_the_rail_is_chosen() -> None:
    assert listing(find_rail_branches(sources("backend/souk"))) == ""


@pytest.mark.parametrize(
    "text",
    [
        BRANCH,
        "def f(x):\n    return x in (PaymentMethod.CARD, PaymentMethod.NATIVE)\n",
        "def f(x):\n    return domain.Rail.ESCROW is x\n",
        "def f(x, y):\n    return x.rail == y\n",
        "def f(x):\n    match x:\n        case Rail.CARD:\n            return 1\n",
        "def f(x):\n    match x.rail:\n        case 'card':\n            return 1\n",
        "FEES = {Rail.CARD: 3}\n",
        "def f(gateways):\n    return gateways[Rail.CARD]\n",
        "def f(x):\n    return x == PaymentMethod('card')\n",
    ],
)
def test_flags_a_decision_when_it_is_on_a_rail(text: str) -> None:
    assert "decides by rail" in listing(find_rail_branches([snippet(text)]))


@pytest.mark.parametrize(
    "path",
    [
        f"{SOUK}/adapters/stripe/gateway.py",
        f"{MODULES}/payments/domain.py",
        f"{MODULES}/payments/service/route.py",
    ],
)
def test_passes_a_decision_when_it_is_in_its_place(path: str) -> None:
    assert listing(find_rail_branches([snippet(BRANCH, path)])) == ""


@pytest.mark.parametrize(
    "text",
    [
        "def f(g: dict[Rail, int]) -> Rail:\n    return Rail.CARD\n",
        "def f(row):\n    return Choice(rail=row.rail)\n",
    ],
)
def test_passes_code_when_it_only_carries_a_rail(text: str) -> None:
    assert listing(find_rail_branches([snippet(text)])) == ""
