"""What may be fetched for names, as it is configured."""

import pytest
from pydantic import ValidationError

from souk.settings.names import NameSettings


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.delenv("ENS_GATEWAY_HOSTS", raising=False)
    return monkeypatch


@pytest.mark.pitfall("A12")
def test_nothing_is_asked_unless_it_is_listed(environment):
    assert NameSettings().ens_gateway_hosts == ()


def test_gateways_are_listed_by_their_hosts(environment):
    environment.setenv("ENS_GATEWAY_HOSTS", "ccip.example, names.example.org")

    assert NameSettings().ens_gateway_hosts == ("ccip.example", "names.example.org")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "2130706433", "*", "*.example", "https://ccip.example",
     "ccip.example:8443", "ccip.example/", "me@ccip.example", "ccip.example.", "CCIP.example"],
)  # fmt: skip
def test_gateway_is_a_full_name_and_nothing_else(environment, host):
    environment.setenv("ENS_GATEWAY_HOSTS", f"names.example,{host}")

    with pytest.raises(ValidationError):
        NameSettings()
