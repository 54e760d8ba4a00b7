"""What is answered about numbers."""

from typing import Annotated

from pydantic import Field

from souk.core.web import InstantOut, ResponseModel


class SellerStatsOut(ResponseModel):
    """A store in numbers, all of them counted."""

    seller_id: Annotated[str, Field(examples=["sel_01h455vb4pex5vsknk084sn02q"])]
    since: Annotated[InstantOut, Field(description="When the store was opened.")]
    sales: Annotated[int, Field(description="Orders that were completed.", examples=[128])]
    completion_rate: Annotated[
        str | None,
        Field(
            description="The share of those among the paid orders that have ended, between 0 and 1;"
            " `null` while none has.",
            examples=["0.9846"],
        ),
    ]
    dispute_rate: Annotated[str | None, Field(description="`null`: disputes are not counted yet.")]
    answer_seconds: Annotated[
        int | None, Field(description="`null`: answers to buyers are not counted yet.")
    ]
