"""What may be fetched for names, as it is configured."""

import pytest
from pydantic import ValidationError

from souk.settings.names import NameSettings


@pytest.fixture
def environment(monkeypatch):
    for name in ("ENS_GATEWAY_HOSTS", "IPFS_GATEWAY_URL"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.pitfall("A12")
def test_nothing_is_asked_unless_it_is_listed(environment):
    assert (NameSettings().ens_gateway_hosts, NameSettings().ipfs_gateway_url) == ((), "")


def test_gateways_are_listed_by_their_hosts(environment):
    environment.setenv("ENS_GATEWAY_HOSTS", "ccip.example, names.example.org")
    environment.setenv("IPFS_GATEWAY_URL", "https://blocks.example")

    settings = NameSettings()
    assert settings.ens_gateway_hosts == ("ccip.example", "names.example.org")
    assert settings.ipfs_gateway_url == "https://blocks.example"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "2130706433", "*", "*.example", "https://ccip.example",
     "ccip.example:8443", "ccip.example/", "me@ccip.example", "ccip.example.", "CCIP.example"],
)  # fmt: skip
def test_gateway_is_a_full_name_and_nothing_else(environment, host):
    environment.setenv("ENS_GATEWAY_HOSTS", f"names.example,{host}")

    with pytest.raises(ValidationError):
        NameSettings()


@pytest.mark.parametrize(
    "url", ["http://blocks.example", "blocks.example", "https://blocks.example/ipfs", "https://a@b"]
)
def test_gateway_of_ipfs_is_a_place_of_its_own(environment, url):
    environment.setenv("IPFS_GATEWAY_URL", url)

    with pytest.raises(ValidationError):
        NameSettings()
