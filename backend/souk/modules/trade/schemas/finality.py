"""How settled the payment of an order is on its chain."""

from souk.core.web import ResponseModel
from souk.modules.chain.domain import Level


class ConfirmationsOut(ResponseModel):
    """How deep the payment lies, and how deep it has to."""

    have: int
    need: int


class FinalityOut(ResponseModel):
    """How settled the payment has to be to count, and how settled it is; `null` before it is seen,
    and again when its block has left the chain."""

    awaited: Level
    reached: Level | None
