"""Where bytes are kept and who looks at them, by the environment."""

from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from souk.adapters.clamav.clamd import ClamdScanner
from souk.adapters.content.disk import DiskContentStore
from souk.adapters.content.s3 import S3ContentStore
from souk.bootstrap.media import (
    block_source,
    content_store,
    file_addresses,
    malware_scanner,
    pin_stores,
)
from souk.core.clock import SystemClock
from souk.core.errors import ProviderUnavailable
from souk.modules.media.domain import compute_cid
from souk.settings.media import ContentSettings, ImageSettings, IpfsSettings, ScannerSettings

WALL = SystemClock()
SOURCE = block_source(IpfsSettings(), WALL, print)
STATE = Path("state")
GATEWAY = "https://gateway.example"
NODE = "http://kubo:5001"
SERVICE = {"pinning_service_url": "https://pins.example", "ipfs_gateways": GATEWAY}


def test_everything_lies_in_the_state_directory_when_nothing_is_said() -> None:
    (pins,) = pin_stores(IpfsSettings(), STATE, SOURCE)
    assert pins.target == "directory"
    assert isinstance(content_store(ContentSettings(), STATE), DiskContentStore)
    assert malware_scanner(ScannerSettings(), max_bytes=1) is None
    with pytest.raises(ProviderUnavailable):
        SOURCE.fetch(compute_cid(b""))


@pytest.mark.parametrize(
    ("said", "targets"),
    [
        ({"kubo_rpc_url": NODE}, ["kubo"]),
        (SERVICE, ["pinning-service"]),
        ({"kubo_rpc_url": NODE, **SERVICE}, ["kubo", "pinning-service"]),
    ],
)
def test_every_target_that_is_named_is_pinned_to(said: dict[str, str], targets: list[str]) -> None:
    stores = pin_stores(IpfsSettings(**said), STATE, SOURCE)
    assert [store.target for store in stores] == targets


def test_bucket_holds_the_content_when_one_is_named() -> None:
    said = {"s3_bucket": "content", "s3_access_key_id": "a", "s3_secret_access_key": "b"}
    assert isinstance(content_store(ContentSettings(**said), STATE), S3ContentStore)


@pytest.mark.parametrize("url", ["tcp://clamav:3310", "unix:///run/clamav/clamd.ctl"])
def test_scanner_is_asked_when_one_is_named(url: str) -> None:
    scanner = malware_scanner(ScannerSettings(clamav_url=url), max_bytes=1)
    assert isinstance(scanner, ClamdScanner)


def test_gateways_and_origins_stand_between_commas() -> None:
    said = {"ipfs_gateways": f"{GATEWAY}, http://node", "pinning_service_origins": "/a, /b"}
    settings = IpfsSettings(**said)
    assert settings.ipfs_gateways == (GATEWAY, "http://node")
    assert settings.pinning_service_origins == ("/a", "/b")


@pytest.mark.parametrize(
    "said",
    [
        {"pinning_service_url": "https://pins.example"},
        {"pinning_service_origins": ",".join("abcdefghijklmnopqrstu")},
        {"ipfs_gateways": "gateway.example"},
        {"ipfs_gateways": "https://secret:word@gateway.example"},
        {"kubo_client": "requests"},
    ],
)
def test_refuses_targets_that_could_never_do(said: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        IpfsSettings(**said)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("half", ["s3_access_key_id", "s3_secret_access_key"])
def test_refuses_half_a_key(half: str) -> None:
    with pytest.raises(ValidationError, match="go together"):
        ContentSettings(**{half: "secret"})


@pytest.mark.parametrize("url", ["", "clamav", "http://clamav", "tcp://a/b"])
def test_refuses_what_is_no_scanner(url: str) -> None:
    with pytest.raises(ValidationError, match="pattern"):
        ScannerSettings(clamav_url=url)


def test_files_come_from_here_when_the_variables_are_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CDN_BASE_URL", "IMAGE_URL_SECRET", "IMAGE_URL_SECONDS"):
        monkeypatch.setenv(name, "")
    at = file_addresses(ImageSettings(), WALL)
    assert (at.base_url, at.signed, at.seconds) == ("", False, 86_400)


@pytest.mark.parametrize("secret", ["short", "x" * 31, "x" * 31 + '"', "x" * 31 + " ", "x" * 129])
def test_secret_of_addresses_is_refused_when_it_is_short_or_no_plain_word(secret: str) -> None:
    with pytest.raises(ValidationError) as refused:
        ImageSettings(image_url_secret=SecretStr(secret))
    assert "openssl rand" in str(refused.value)
    assert secret not in str(refused.value)
