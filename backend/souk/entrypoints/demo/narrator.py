"""What is printed while the stories are played."""

import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TextIO

from souk.entrypoints.demo.books import Balance
from souk.entrypoints.demo.node import Mined

_BOLD, _DIM, _GREEN, _RED, _CYAN = "1", "2", "32", "31", "36"
_SHORT = 10


def money(amount: Decimal | int, exponent: int, symbol: str) -> str:
    """An amount in whole units, without needless zeros: `0.0256 ETH`."""
    scaled = Decimal(amount).scaleb(-exponent).normalize()
    return f"{scaled:,f} {symbol}"


def short(reference: str) -> str:
    """The beginning of a hash."""
    return reference[:_SHORT] + "…"


class Narrator:
    """Prints lines with the seconds since the beginning; in colour on a terminal only."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._colours = out.isatty()
        self._begun = time.monotonic()
        # Symbol and exponent by the asset's code, told once the chain is known.
        self.assets: Mapping[str, tuple[str, int]] = {}

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self._begun

    def title(self, text: str) -> None:
        """The beginning of a story."""
        self._print("")
        self._print(self._paint(_BOLD, text))

    def say(self, who: str, what: str, mined: Mined | None = None, *, status: str = "") -> None:
        """One line of the timeline."""
        parts = [f"{self.seconds:6.1f}s  {self._paint(_CYAN, f'{who:<8}')} {what}"]
        if mined is not None:
            where = f"tx {short(mined.hash)} block {mined.block_number}"
            parts.append(self._paint(_DIM, where))
        if status:
            parts.append(self._paint(_GREEN, status))
        self._print("  ".join(parts))

    def ledger(self, balances: Iterable[Balance]) -> None:
        """The balances that an order has left in the books."""
        told = [self._balance(balance) for balance in balances if balance.amount]
        self._print(self._paint(_DIM, f"{'':18}ledger: {' | '.join(told) or 'all even'}"))

    def note(self, text: str) -> None:
        """Something beside the timeline."""
        self._print(self._paint(_DIM, f"{'':9}{text}"))

    def plain(self, text: str) -> None:
        """A line as it is."""
        self._print(text)

    def verdict(self, text: str, *, well: bool) -> None:
        """A result."""
        self._print(self._paint(_GREEN if well else _RED, text))

    def _balance(self, balance: Balance) -> str:
        symbol, exponent = self.assets.get(balance.asset, (balance.asset, 0))
        stage = " (pending)" if balance.stage == "pending" else ""
        return f"{balance.kind} {money(balance.amount, exponent, symbol)}{stage}"

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours else text

    def _print(self, line: str) -> None:
        print(line, file=self._out, flush=True)
