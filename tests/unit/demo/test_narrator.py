"""What is printed, and how."""

import io
from decimal import Decimal

from souk.entrypoints.demo.books import Balance
from souk.entrypoints.demo.narrator import Narrator, money, short


class Terminal(io.StringIO):
    """A stream that says that somebody looks at it."""

    def isatty(self) -> bool:
        return True


def test_money_is_told_in_whole_units_without_needless_zeros() -> None:
    told = [money(25_728 * 10**12, 18, "ETH"), money(Decimal(10**9), 6, "tUSD"), money(0, 6, "x")]
    assert told == ["0.025728 ETH", "1,000 tUSD", "0 x"]


def test_short_keeps_the_beginning_of_a_hash() -> None:
    assert short("0x" + "ab" * 32) == "0xabababab…"


def test_narrator_paints_when_on_a_terminal() -> None:
    out = Terminal()
    Narrator(out).verdict("well", well=True)
    assert out.getvalue() == "\x1b[32mwell\x1b[0m\n"


def test_narrator_paints_nothing_when_in_a_file() -> None:
    out = io.StringIO()
    Narrator(out).verdict("ill", well=False)
    assert out.getvalue() == "ill\n"


def test_ledger_tells_balances_by_account_and_stage() -> None:
    out = io.StringIO()
    narrator = Narrator(out)
    narrator.assets = {"coin": ("ETH", 18)}
    buyer = Balance("buyer", "coin", "pending", Decimal(-(10**18)))
    narrator.ledger([buyer, Balance("escrow", "coin", "posted", Decimal())])
    assert out.getvalue().strip() == "ledger: buyer -1 ETH (pending)"


def test_ledger_says_so_when_nothing_is_left() -> None:
    out = io.StringIO()
    Narrator(out).ledger([])
    assert out.getvalue().strip() == "ledger: all even"
