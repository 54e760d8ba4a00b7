"""The addresses of chains' nodes, as the environment gives them."""

import pytest
from pydantic import SecretStr, ValidationError

from souk.entrypoints import examinations
from souk.settings import ChainSettings, chain_urls, is_variable

GIVEN = {
    "CHAIN_1_RPC_URLS": "https://a/k3y, https://b",
    "CHAIN_1_WS_URLS": "wss://a/k3y",
    "CHAIN_8453_RPC_URLS": " ",
    "CHAIN_x_RPC_URLS": "https://c",
}


def test_reads_every_address_of_each_chain() -> None:
    assert chain_urls(GIVEN, "RPC") == {1: (SecretStr("https://a/k3y"), SecretStr("https://b"))}
    assert chain_urls(GIVEN, "WS") == {1: (SecretStr("wss://a/k3y"),)}


def test_knows_the_variables_of_chains() -> None:
    assert [is_variable(name) for name in GIVEN] == [True, True, True, False]


def test_asks_two_endpoints_about_money_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert ChainSettings().chain_quorum == 2

    monkeypatch.setenv("CHAIN_QUORUM", "0")
    with pytest.raises(ValidationError):
        ChainSettings()


@pytest.mark.parametrize(
    ("count", "quorum", "said"),
    [
        (1, 2, "single mode"),
        (2, 2, "one's word counts alone"),
        (3, 1, "one's word counts alone"),
        (3, 2, "2 have to agree"),
    ],
)
def test_tells_whose_word_counts(count: int, quorum: int, said: str) -> None:
    assert said in examinations.endpoints(count, quorum)
