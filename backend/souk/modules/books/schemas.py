"""The public books as JSON."""

from pydantic import Field

from souk.core.web import MoneyOut, ResponseModel


class BooksAssetOut(ResponseModel):
    """All the money of one asset: `held` is what ever came in, of which `released` (with `fees`)
    and `refunded` went out again and `remaining` is left; `reimbursed` came back to buyers later,
    out of what was released. `charged_back` was taken by buyers' banks, out of what was held
    then, and for the rest out of what had been released; `lost` went to buyers beyond what was
    theirs, at the platform's cost."""

    asset: str = Field(description="ISO 4217, or CAIP-19 for coins and tokens.")
    symbol: str
    balanced: bool = Field(description="Whether its accounts sum to zero and nothing is overdrawn.")
    held: MoneyOut
    released: MoneyOut
    refunded: MoneyOut
    reimbursed: MoneyOut
    charged_back: MoneyOut
    lost: MoneyOut
    fees: MoneyOut
    remaining: MoneyOut


class BooksBreakOut(ResponseModel):
    """A rule that did not hold, and how often."""

    rule: str
    count: int


class BooksDifferenceOut(ResponseModel):
    """A rule between the rails and us that does not hold now, and about how much: legs, assets or
    payments."""

    rule: str
    kind: str = Field(
        description="`money_missing`: we count on money that a rail does not have. `unknown`: a "
        "rail has more than we can explain, or could not be asked why it differs. `undone`: a rail "
        "was told to move money and has not."
    )
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
    """Whether the books balance, by the last look at them and by what the rails were found to hold
    since."""

    status: str = Field(
        description="`out_of_balance`: a rule did not hold when they were last looked at, or money "
        "is missing at a rail now. `stale`: it was not so, and nobody has looked for more than two "
        "hours. `not_checked_yet`: nobody ever has. Otherwise `balanced`."
    )
    checked_at: str | None
    assets: list[BooksAssetOut]
    breaks: list[BooksBreakOut]
    differences: list[BooksDifferenceOut] = Field(
        description="What comparing the rails with the books has left open."
    )
    as_of: list[BooksAsOfOut]
    compared: list[BooksComparedOut]
    recent: list[BooksRecentOut]
