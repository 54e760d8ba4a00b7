"""Which addresses belong to the public internet, however they are written."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.adapters.http.addresses import is_address, is_loopback, is_public
from tests.support.addresses import INTERNAL_V4, INTERNAL_V6, PUBLIC


@pytest.mark.pitfall("P21")
@pytest.mark.parametrize("address", [*INTERNAL_V4, *INTERNAL_V6])
def test_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.pitfall("P21")
@pytest.mark.parametrize("prefix", ["::ffff:0:0", "64:ff9b::"])
@given(number=st.integers(0, 2**32 - 1))
def test_address_is_judged_by_the_one_that_it_carries(prefix: str, number: int) -> None:
    carrying = IPv6Address(int(IPv6Address(prefix)) + number)
    assert is_public(str(carrying)) == is_public(str(IPv4Address(number)))


@given(number=st.integers(0, 2**128 - 1))
def test_address_of_ipv6_is_public_only_where_addresses_are_given_out(number: int) -> None:
    address = IPv6Address(number)
    carries = address.ipv4_mapped is not None or number >> 32 == int(IPv6Address("64:ff9b::")) >> 32
    assert not is_public(str(address)) or number >> 125 == 1 or carries


@pytest.mark.parametrize("text", ["", "shop.example", "127.1", "0x7f000001", "fe80::1%eth0", "::g"])
def test_text_is_nobodys_address_when_it_is_none(text: str) -> None:
    assert (is_address(text), is_public(text), is_loopback(text)) == (False, False, False)
