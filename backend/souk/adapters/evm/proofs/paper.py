"""The receipt of an escrow as a file: its form, before anything of it is believed.

Whoever hands it in may be hostile. So it is bounded before it is read, what is not in the form is
refused, and there is one way to write each value, so that no two files say the same.
"""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MOST_BYTES = 4 * 1024 * 1024
_MOST_PROOFS = 64
# A path of an index is at most four bytes: eight nibbles, each a node, and what is at its end.
_MOST_NODES = 12
_MOST_NODE_DIGITS = 2 * 128 * 1024

Hash = Annotated[str, Field(pattern="^0x[0-9a-f]{64}$")]
Text = Annotated[str, Field(pattern="^0x([0-9a-f]{2})+$", max_length=_MOST_NODE_DIGITS)]
Number = Annotated[str, Field(pattern="^(0|[1-9][0-9]{0,19})$")]
Account = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$")]
Short = Annotated[str, Field(max_length=80)]


class Unreadable(ValueError):
    """The file has not the form of a receipt; the text says where, and holds nothing of it."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Block(_Part):
    """A block; `timestamp` is in unix seconds."""

    number: Number
    hash: Hash
    timestamp: Number


class Claimed(_Part):
    """What only a node can confirm."""

    level: Literal["confirmed", "safe", "final"]
    transaction_hash: Hash


class ProofPart(_Part):
    """A log of the contract, with the way to it from its block's header."""

    fact: Literal["paid", "fulfilled", "disputed", "settled", "reimbursed"]
    args: dict[Short, Short] = Field(max_length=8)
    block: Block
    header: Text
    transaction_index: Annotated[Number, Field(max_length=6)]
    nodes: list[Text] = Field(min_length=1, max_length=_MOST_NODES)
    log_position: Annotated[Number, Field(max_length=6)]
    claimed: Claimed


class Paper(_Part):
    """The whole file."""

    document: Literal["souk escrow receipt 1"]
    order_id: Short
    chain_id: Number
    contract: Account
    escrow_id: Hash
    terms: str
    proofs: list[ProofPart] = Field(min_length=1, max_length=_MOST_PROOFS)


def read_paper(data: bytes) -> Paper:
    """The file in its form. Raises `Unreadable`."""
    if len(data) > MOST_BYTES:
        raise Unreadable(f"it has more than {MOST_BYTES} bytes")
    try:
        return Paper.model_validate(read_json(data))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(ascii(part)[:40].strip("'") for part in first["loc"])
        raise Unreadable(f"{where or 'it'} is not as a receipt has it ({first['type']})") from error


def read_json(data: bytes | str) -> object:
    """JSON of objects, lists and strings, without a name that occurs twice. Raises `Unreadable`."""
    try:
        return json.loads(
            data,
            object_pairs_hook=_each_once,
            parse_int=_no_number,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is no JSON of strings, lists and objects, each name once") from error


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _no_number(_text: str) -> object:
    raise ValueError("a number is no string")
