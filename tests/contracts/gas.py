"""What the escrow's operations cost, beside their targets and the best audited escrow we know.

`scripts/bench gas` prints the table. The figures are those of `contracts/snapshots/`, which
`forge test` measures anew in every run; targets are of an escrow with every guard.

The other escrow is AuthCaptureEscrow of https://github.com/base/commerce-payments, measured with
the same token and compiler. It has no native coin, no batch, and takes an allowance in a
transaction of its own.
"""

import json
from dataclasses import dataclass
from pathlib import Path

SNAPSHOTS = Path(__file__).resolve().parents[2] / "contracts" / "snapshots"


@dataclass(frozen=True, slots=True)
class Row:
    """One operation: gas of so many orders in a transaction, and what one order may cost."""

    name: str
    orders: int
    target: int
    theirs: int | None = None

    @property
    def gas(self) -> float:
        """Gas of one order, as measured."""
        measured = json.loads((SNAPSHOTS / "escrow.json").read_text())
        return int(measured[self.name]) / self.orders

    def line(self) -> str:
        """As the table has it."""
        ratio = f"{self.gas / self.theirs:>8.2f}" if self.theirs else " " * 8
        theirs = f"{self.theirs:>10,}" if self.theirs else " " * 10
        return f"{self.name:<56}{self.gas:>10,.0f}{self.target:>10,}{theirs}{ratio}"


ROWS = (
    Row("pay by EIP-3009", 1, 104_500, 119_844),
    Row("pay by allowance", 1, 74_500, 140_968),
    Row("pay by allowance, cart of 5", 5, 41_000, 119_844),
    Row("pay native coin", 1, 55_000),
    Row("release with fee", 1, 57_000, 66_166),
    Row("refund", 1, 51_500, 54_241),
    Row("release by keeper, 5 orders to first-time payees", 5, 43_500),
    Row("fulfil", 1, 33_500),
    Row("dispute", 1, 32_500),
)


def table() -> str:
    """Gas of each operation per order, its target, the other escrow's, and the ratio of the two."""
    head = f"{'gas per order':<56}{'measured':>10}{'at most':>10}{'theirs':>10}{'ratio':>8}"
    return "\n".join([head, *(row.line() for row in ROWS)])


if __name__ == "__main__":
    print(table())
