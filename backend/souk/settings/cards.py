"""The card provider."""

import os
from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from souk.settings.group import Group

_TEST_KEYS = ("sk_test_", "rk_test_")
_WEBHOOK_SECRETS_AT_MOST = 2


class CardSettings(Group):
    """The card rail: Stripe, or the sandbox that speaks its API. Webhook secrets are two while one
    is exchanged for the other."""

    stripe_secret_key: SecretStr
    stripe_publishable_key: str = ""
    stripe_api_base: str = ""
    stripe_webhook_secrets: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), validate_default=True
    )
    stripe_requests_per_second: float = Field(80, gt=0, le=10_000)

    @field_validator("stripe_api_base")
    @classmethod
    def _is_for_tests_alone(cls, value: str, info: ValidationInfo) -> str:
        """Whoever is asked under a live key can move money."""
        key = info.data.get("stripe_secret_key")
        if value and key and not key.get_secret_value().startswith(_TEST_KEYS):
            raise ValueError(
                "a live key goes to Stripe alone: unset STRIPE_API_BASE, or set STRIPE_SECRET_KEY"
                " to a key for tests"
            )
        return value

    @field_validator("stripe_webhook_secrets", mode="before")
    @classmethod
    def _are_one_or_two(cls, value: object) -> object:
        """Under an empty secret anybody could sign."""
        secrets = value.split(",") if isinstance(value, str) else value
        if not secrets or secrets == [""]:
            raise ValueError(
                "STRIPE_SECRET_KEY needs it: set STRIPE_WEBHOOK_SECRETS to the signing secret of"
                " the endpoint <PUBLIC_URL>/api/webhooks/stripe, or unset STRIPE_SECRET_KEY to do"
                " without cards"
            )
        if not isinstance(secrets, list | tuple):
            return value
        if len(secrets) > _WEBHOOK_SECRETS_AT_MOST or not all(map(_says_something, secrets)):
            raise ValueError(
                "one or two secrets, separated by a comma, and none of them empty: whoever knew"
                " that it is could sign webhooks"
            )
        return tuple(each.strip() if isinstance(each, str) else each for each in secrets)


def _says_something(secret: object) -> bool:
    text = secret.get_secret_value() if isinstance(secret, SecretStr) else str(secret)
    return bool(text.strip())


def card_settings() -> CardSettings | None:
    """`None` when no secret key is set: the card rail is off. Raises pydantic's
    `ValidationError`."""
    return CardSettings() if os.environ.get("STRIPE_SECRET_KEY", "").strip() else None
