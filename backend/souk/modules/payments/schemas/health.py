"""Whether the ways to pay are there."""

from pydantic import Field

from souk.core.web import ResponseModel
from souk.modules.payments.domain import PaymentMethod


class ServedOut(ResponseModel):
    """A method by what serves it: a card provider, or the contract on a chain; neither where it
    is not set up. `offered` says whether it is to anybody."""

    method: PaymentMethod
    provider: str | None = Field(examples=["stripe"])
    chain_id: int | None
    chain: str | None
    offered: bool
    reachable: bool
    detail: str = Field(examples=["block 1024"])


class HealthOut(ResponseModel):
    """`ok` while everything that is offered can be reached, else `degraded`."""

    status: str = Field(examples=["ok"])
    data: list[ServedOut]
