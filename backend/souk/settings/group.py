"""What every group of settings has."""

from pydantic_settings import BaseSettings, SettingsConfigDict


class Group(BaseSettings):
    """Some variables of the environment, frozen."""

    # A wrong value may be a secret: the message names the variable and the rule only.
    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", case_sensitive=False, hide_input_in_errors=True
    )


def parts(value: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(part.strip() for part in value.split(",") if part.strip())
