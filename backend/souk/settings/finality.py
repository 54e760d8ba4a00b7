"""From which amount on payments on a chain wait for more than their depth."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, TypeAdapter

from souk.settings.group import parts

Thresholds = Mapping[Literal["safe", "final"], int]
"""US cents from which on a level is asked for."""

_VARIABLE = re.compile(r"^CHAIN_(?P<chain_id>[1-9][0-9]*)_FINALITY$")
_STEP = re.compile(r"^(safe|final)=([0-9]{1,12})$")
_HOW = (
    "write from how many US cents on a payment counts only when its block is safe, and final, such"
    " as safe=100000,final=1000000, the second one more than the first; one of the two alone; or"
    " confirmed, when the chain's depth is enough for every amount"
)


def _thresholds(value: object) -> object:
    text = str(value).strip()
    if text == "confirmed":
        return {}
    steps = [_STEP.match(part) for part in parts(text)]
    found = {step[1]: int(step[2]) for step in steps if step}
    if not found or len(found) < len(steps):
        raise ValueError(_HOW)
    if len(found) > 1 and found["safe"] >= found["final"]:
        raise ValueError(_HOW)
    return found


_GIVEN = TypeAdapter(dict[str, Annotated[Thresholds, BeforeValidator(_thresholds)]])


def chain_finality(environment: Mapping[str, str]) -> dict[int, Thresholds]:
    """What each `CHAIN_<id>_FINALITY` says, by chain id. Raises pydantic's `ValidationError`, which
    names the variable."""
    given = {name: value for name, value in environment.items() if value.strip()}
    matches = {name: match for name in given if (match := _VARIABLE.match(name))}
    read = _GIVEN.validate_python({name: given[name] for name in matches})
    return {int(matches[name]["chain_id"]): steps for name, steps in read.items()}


def is_finality(name: str) -> bool:
    """Whether an environment variable of this name is read here."""
    return _VARIABLE.match(name) is not None
