"""Commands are synchronous, reads and streams are not."""

import pytest

from .robots.colours import find_mixed_colours
from .robots.tree import MODULES, listing, snippet, sources

SERVICE = "from souk.modules.orders.service import Orders\n"


def found(text: str, part: str) -> str:
    return listing(find_mixed_colours([snippet(text, f"{MODULES}/orders/{part}")]))


def test_keeps_the_two_colours_apart() -> None:
    assert listing(find_mixed_colours(sources(MODULES))) == ""


@pytest.mark.parametrize(
    ("text", "part", "expected"),
    [
        ("async def place(): ...\n", "service/place.py", "place is async"),
        ("async def on_paid(): ...\n", "handlers.py", "on_paid is async"),
        ("from sqlalchemy import select\n", "queries.py", "write side"),
        ("from souk.core.unit_of_work import UnitOfWork\n", "queries.py", "write side"),
        (f"{SERVICE}async def f(orders: Orders): ...\n", "api.py", "takes the service Orders"),
        (
            f"{SERVICE}_S = Annotated[Orders, Depends(provided(Orders))]\n"
            "async def f(orders: _S): ...\n",
            "api.py",
            "takes the service _S",
        ),
        ("async def f(r):\n    return once(r)\n", "api.py", "runs a command"),
    ],
)
def test_flags_code_when_it_has_the_other_colour(text: str, part: str, expected: str) -> None:
    assert expected in found(text, part)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("async def page(reads: Reads): ...\n", "queries.py"),
        ("async def f(reads: Reads): ...\n", "api.py"),
        (f"{SERVICE}def f(orders: Orders):\n    return once(orders)\n", "api.py"),
        ("def place(): ...\n", "service.py"),
    ],
)
def test_passes_code_when_it_keeps_its_colour(text: str, part: str) -> None:
    assert found(text, part) == ""
