"""Where pictures and documents lie, who keeps them for us, and who looks at them first."""

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from souk.settings.group import Group, listed

_WebAddress = Annotated[str, Field(pattern=r"^https?://[^@\s?#]+$")]

_SECRET = re.compile(r"[A-Za-z0-9_-]{32,128}")


class ContentSettings(Group):
    """Where bytes lie and are served from: the state directory, or a bucket of S3 or of what speaks
    like it. Without a key of its own the credentials are found as Amazon's programs find theirs."""

    s3_bucket: str = ""
    s3_region: str = "us-east-1"
    s3_endpoint: _WebAddress | None = None
    s3_prefix: str = ""
    s3_access_key_id: SecretStr | None = None
    s3_secret_access_key: SecretStr | None = Field(None, validate_default=True)

    @field_validator("s3_secret_access_key")
    @classmethod
    def _comes_with_an_id(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (info.data.get("s3_access_key_id") is None):
            raise ValueError("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together")
        return value


class ImageSettings(Group):
    """Pictures: how many an account may have, how long the bytes of deleted ones stay, where files
    are fetched from when it is not from this server, and what their addresses are signed with, if
    they are, and for how long."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    images_per_account: int = Field(2_000, ge=1)
    image_grace_days: int = Field(30, ge=1, le=3_650)
    cdn_base_url: _WebAddress | None = None
    image_url_secret: SecretStr | None = None
    image_url_seconds: int = Field(86_400, ge=60, le=2_592_000)

    @field_validator("image_url_secret")
    @classmethod
    def _is_long_and_plain(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _SECRET.fullmatch(value.get_secret_value()):
            raise ValueError(
                "IMAGE_URL_SECRET has 32 to 128 letters and digits, as it becomes a part of nginx's"
                " settings, too: make one with `openssl rand -hex 32`"
            )
        return value

    @field_validator("cdn_base_url")
    @classmethod
    def _ends_with_no_slash(cls, value: str | None) -> str | None:
        return None if value is None else value.rstrip("/")


class IpfsSettings(Group):
    """Who keeps blocks for us: nodes and services, without any of them a directory. Addresses are
    secrets, for some hold one; what a node or a service is told to know us by goes beside them."""

    kubo_rpc_url: SecretStr | None = None
    kubo_rpc_authorization: SecretStr | None = None
    kubo_client: Literal["httpx", "ipfshttpclient"] = "httpx"
    pinning_service_url: SecretStr | None = None
    pinning_service_token: SecretStr | None = None
    pinning_service_origins: Annotated[
        tuple[str, ...], NoDecode, BeforeValidator(listed), Field(max_length=20)
    ] = ()
    ipfs_gateways: Annotated[tuple[_WebAddress, ...], NoDecode, BeforeValidator(listed)] = Field(
        (), validate_default=True
    )

    @field_validator("ipfs_gateways")
    @classmethod
    def _read_back_what_a_service_keeps(
        cls, value: tuple[str, ...], info: ValidationInfo
    ) -> tuple[str, ...]:
        if info.data.get("pinning_service_url") is not None and not value:
            raise ValueError(
                "PINNING_SERVICE_URL needs it: a pinning service serves nothing itself, so name the"
                " gateways that its blocks are read back from"
            )
        return value


class ScannerSettings(Group):
    """The scanner for malware; without an address none is asked."""

    clamav_url: str | None = Field(None, pattern=r"^(tcp://[^/\s]+|unix:///\S+)$")
