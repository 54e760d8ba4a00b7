"""What every verifier of signatures promises."""

from collections.abc import Iterator

import pytest
from eth_keys.constants import SECPK1_N
from hypothesis import given
from hypothesis import strategies as st

from souk.adapters.evm.contract_signatures import EvmSignatureVerifier
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.signatures import EthAccountSignatureVerifier
from souk.core.addresses import ZERO_ADDRESS
from souk.modules.accounts.domain import Proof
from souk.modules.accounts.errors import MalformedSignature, SignatureMismatch
from souk.modules.accounts.ports import SignatureVerifier
from tests.support.account_builders import a_wallet
from tests.support.chain_builders import CHAIN_ID, a_node
from tests.support.clock import MovableClock

IMPLEMENTATIONS = ["keys", "no_chain", "chain"]
TEXT = "souk.example wants you to sign in\nwith two lines and an é"
WALLET = a_wallet()
SIGNATURE = WALLET.sign(TEXT)
R, S, V = SIGNATURE[2:66], SIGNATURE[66:130], SIGNATURE[130:]


@pytest.fixture(params=IMPLEMENTATIONS)
def verifier(request) -> Iterator[SignatureVerifier]:
    if request.param == "keys":
        yield EthAccountSignatureVerifier()
    elif request.param == "no_chain":
        yield on_chains({})
    else:
        with a_node(request.getfixturevalue("still_chain").url) as node:
            yield on_chains({CHAIN_ID: node})


def on_chains(nodes) -> EvmSignatureVerifier:
    return EvmSignatureVerifier(nodes, ChainPresence(MovableClock()), ())


def check(verifier, *, message=TEXT, signature=SIGNATURE, address=WALLET.address):
    assert Proof.KEY is verifier.verify(
        message=message, signature=signature, address=address, chain_id=CHAIN_ID
    )


def word(number):
    return number.to_bytes(32).hex()


@pytest.mark.parametrize("name", ["alice", "bob", "carol"])
def test_verify_accepts_when_the_address_signed(verifier, name):
    wallet = a_wallet(name)
    check(verifier, signature=wallet.sign(TEXT), address=wallet.address)


def test_verify_accepts_when_the_recovery_number_is_written_without_27(verifier):
    check(verifier, signature=f"0x{R}{S}{int(V, 16) - 27:02x}")


def test_verify_accepts_when_the_digits_are_upper_case(verifier):
    check(verifier, signature="0x" + SIGNATURE[2:].upper())


@pytest.mark.parametrize(
    "changes",
    [
        {"message": TEXT + " "},
        {"message": ""},
        {"address": a_wallet("bob").address},
        {"address": ZERO_ADDRESS},
        {"signature": a_wallet("bob").sign(TEXT)},
        {"signature": WALLET.sign(TEXT + " ")},
        {"signature": f"0x{R}{S}{27 + 28 - int(V, 16):02x}"},
    ],
    ids=["message", "no_message", "address", "zero", "signer", "signed", "recovery"],
)
def test_verify_refuses_when_something_does_not_belong_together(verifier, changes):
    with pytest.raises(SignatureMismatch):
        check(verifier, **changes)


FLIPPED = f"0x{R}{word(SECPK1_N - int(S, 16))}{27 + 28 - int(V, 16):02x}"
# No point of the curve has this x.
OFF_CURVE = f"0x{word(5)}{S}{V}"
MALFORMED = {
    "empty": "",
    "prefix": "0x",
    "bare": SIGNATURE[2:],
    "upper_prefix": "0X" + SIGNATURE[2:],
    "short": SIGNATURE[:-2],
    "half_byte": SIGNATURE[:-1],
    "long": SIGNATURE + "00",
    "compact": f"0x{R}{S}",
    "space": SIGNATURE + " ",
    "line": SIGNATURE + "\n",
    "no_hex": "0x" + "zz" * 65,
    "digits": "0x" + "\u0661" * 130,
    "surrogate": "\ud800" * 132,
    "zeroes": "0x" + "00" * 65,
    "ones": "0x" + "ff" * 65,
    "r_zero": f"0x{word(0)}{S}{V}",
    "r_order": f"0x{word(SECPK1_N)}{S}{V}",
    "s_zero": f"0x{R}{word(0)}{V}",
    "s_high": FLIPPED,
    "s_just_high": f"0x{R}{word(SECPK1_N // 2 + 1)}{V}",
    "s_order": f"0x{R}{word(SECPK1_N)}{V}",
    "v_2": f"0x{R}{S}02",
    "v_26": f"0x{R}{S}1a",
    "v_29": f"0x{R}{S}1d",
    "v_chain": f"0x{R}{S}25",
    "off_curve": OFF_CURVE,
}


@pytest.mark.pitfall("A4")
@pytest.mark.parametrize("signature", MALFORMED.values(), ids=MALFORMED)
def test_verify_refuses_when_the_signature_has_another_form(verifier, signature):
    with pytest.raises(MalformedSignature):
        check(verifier, signature=signature)


@pytest.mark.pitfall("A4")
@given(raw=st.binary(min_size=65, max_size=65))
def test_verify_refuses_and_never_fails_when_the_bytes_are_random(raw):
    with pytest.raises((MalformedSignature, SignatureMismatch)):
        check(EthAccountSignatureVerifier(), signature="0x" + raw.hex())


@pytest.mark.pitfall("A4")
@given(junk=st.text(max_size=300))
def test_verify_refuses_and_never_fails_when_the_text_is_junk(junk):
    with pytest.raises(MalformedSignature):
        check(EthAccountSignatureVerifier(), signature=junk)
