"""The public books as JSON."""

from pydantic import Field

from souk.core.web import MoneyOut, ResponseModel


class BooksAssetOut(ResponseModel):
    """All the money of one asset: `held` is what ever came in, of which `released` (with `fees`)
    and `refunded` went out again and `remaining` is left; `reimbursed` came back to buyers later,
    out of what was released. `charged_back` was taken by buyers' banks, out of what was held
    then, and for the rest out of what had been released."""

    asset: str = Field(description="ISO 4217, or CAIP-19 for coins and tokens.")
    symbol: str
    balanced: bool = Field(description="Whether its accounts sum to zero and nothing is overdrawn.")
    held: MoneyOut
    released: MoneyOut
    refunded: MoneyOut
    reimbursed: MoneyOut
    charged_back: MoneyOut
    fees: MoneyOut
    remaining: MoneyOut


class BooksBreakOut(ResponseModel):
    """A rule that did not hold, and how often."""

    rule: str
    count: int


class BooksAsOfOut(ResponseModel):
    """The newest block whose facts counted when the books were looked at."""

    place: str = Field(description="CAIP-2, such as `eip155:1`.")
    block_number: str
    block_hash: str
    at: str = Field(description="The block's own time.")


class BooksComparedOut(ResponseModel):
    """Up to where a rail was compared with the books: a block of a chain, or an instant."""

    place: str = Field(description="A chain by CAIP-2, or a provider of card payments.")
    block_number: str | None
    block_hash: str | None
    at: str = Field(description="By the rail's own time.")
    compared_at: str = Field(description="When that began.")


class BooksRecentOut(ResponseModel):
    """An earlier look at the books."""

    checked_at: str
    breaks: int


class BooksOut(ResponseModel):
    """Whether the books balance, by the last look at them."""

    status: str = Field(description="`balanced`, `out_of_balance` or `not_checked_yet`.")
    checked_at: str | None
    assets: list[BooksAssetOut]
    breaks: list[BooksBreakOut]
    as_of: list[BooksAsOfOut]
    compared: list[BooksComparedOut]
    recent: list[BooksRecentOut]
