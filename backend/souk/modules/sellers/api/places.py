"""How the routes name a store."""

from typing import Annotated

from fastapi import Path

PREFIX = "/api/marketplace/sellers"
Reference = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        description="The seller's id or handle.",
        examples=["fig-and-olive"],
    ),
]
NOT_FOUND = {"description": "There is no such seller"}
