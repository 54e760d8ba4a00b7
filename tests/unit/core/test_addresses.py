"""Addresses: EIP-55 or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.core.addresses import ZERO_ADDRESS, MalformedAddress, checksum_address, parse_address

# The test cases of EIP-55.
VECTORS = [
    "0x52908400098527886E0F7030069857D2E4169EE7",
    "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
    "0xde709f2102306220921060314715629080e2fb77",
    "0x27b1fdb04752bbc536007a920d24acb045561c26",
    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
]
MIXED = VECTORS[4]


@pytest.mark.parametrize("address", VECTORS)
def test_checksum_agrees_with_the_published_vectors(address):
    assert checksum_address(address.lower()) == address
    assert parse_address(address) == address


@pytest.mark.parametrize("digits", [MIXED[2:].lower(), MIXED[2:].upper()])
def test_parse_adds_the_checksum_when_the_case_carries_none(digits):
    assert parse_address("0x" + digits) == MIXED


@given(st.binary(min_size=20, max_size=20), st.integers(0, 39))
def test_parse_refuses_when_one_letter_has_the_wrong_case(raw, at):
    right = checksum_address("0x" + raw.hex())[2:]
    wrong = right[:at] + right[at].swapcase() + right[at + 1 :]
    if wrong in (right, right.lower(), right.upper()):
        return
    with pytest.raises(MalformedAddress):
        parse_address("0x" + wrong)


@pytest.mark.pitfall("A13")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "vitalik.eth",
        MIXED[2:],
        MIXED + "0",
        MIXED[:-1],
        "0X" + MIXED[2:],
        MIXED + "\n",
        " " + MIXED,
        MIXED.replace("5", "\u0665", 1),
        "0x" + "g" * 40,
    ],
)
def test_parse_refuses_when_the_text_is_no_address(text):
    with pytest.raises(MalformedAddress):
        parse_address(text)


def test_zero_address_is_one():
    assert parse_address(ZERO_ADDRESS) == ZERO_ADDRESS
