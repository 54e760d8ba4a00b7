"""Whatever the escrow contract judges is judged here by the chain's clock too."""

import pytest

from .robots.clocks import find_wall_judgements
from .robots.tree import SOUK, listing, snippet, sources

PAYMENTS = f"{SOUK}/modules/payments/service/route.py"


def found(line: str, path: str = PAYMENTS) -> str:
    return listing(find_wall_judgements([snippet(f"def f(tx):\n    return {line}\n", path)]))


def test_judges_nothing_of_the_escrow_by_wall_time() -> None:
    assert listing(find_wall_judgements(sources(SOUK))) == ""


@pytest.mark.parametrize(
    "line",
    [
        "tx.now > leg.pay_by",
        "tx.now + timedelta(seconds=600)",
        "leg.deadline <= self._clock.now()",
        "schedule(tx, clock=chain_clock(1), due_at=tx.now + WINDOW)",
    ],
)
def test_flags_a_judgement_when_it_uses_the_wall_clock(line: str) -> None:
    assert "by wall time" in found(line)


@pytest.mark.parametrize(
    "line",
    [
        "Row(created_at=tx.now)",
        "head.at > leg.pay_by",
        "schedule(tx, clock=WALL, due_at=tx.now + PAUSE)",
    ],
)
def test_passes_code_when_it_stamps_or_asks_the_chain(line: str) -> None:
    assert found(line) == ""


def test_passes_wall_time_when_no_escrow_is_concerned() -> None:
    assert found("session.expires_at < tx.now", f"{SOUK}/modules/accounts/service.py") == ""
