"""Where a stack says that it serves."""

from pathlib import Path

import pytest

from souk.embedded.stack import Options, Stack


def a_stack(host: str, **environment: str) -> Stack:
    options = Options(Path("state"), Path("contracts"), environment, host=host, port=8123)
    return Stack(options, lambda _: None)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_names_an_address_that_can_be_opened_when_it_listens_on_all(host: str) -> None:
    assert a_stack(host).url == "http://127.0.0.1:8123"


def test_names_the_address_that_it_listens_on() -> None:
    assert a_stack("127.0.0.2").url == "http://127.0.0.2:8123"


def test_says_where_wallets_sign_in_when_it_listens_on_all_addresses() -> None:
    assert "wallets sign in to http://127.0.0.1:8123 alone" in a_stack("0.0.0.0").note_on_sign_in


def test_says_nothing_of_it_when_the_public_address_is_given() -> None:
    assert a_stack("0.0.0.0", PUBLIC_URL="https://shop.example").note_on_sign_in == ""
