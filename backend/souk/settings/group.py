"""What every group of settings has."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]


class Group(BaseSettings):
    """Some variables of the environment, frozen."""

    # A wrong value may be a secret: the message names the variable and the rule only.
    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", case_sensitive=False, hide_input_in_errors=True
    )


def parts(value: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def listed(value: object) -> object:
    """A variable whose values are separated by commas, split."""
    return parts(value) if isinstance(value, str) else value
