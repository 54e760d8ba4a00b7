"""Wallets that are contracts, on a real chain."""

from collections.abc import Iterator

import pytest
from eth_abi.abi import encode
from eth_account.messages import defunct_hash_message
from eth_utils.crypto import keccak

from souk.adapters.evm.contract_signatures import EvmSignatureVerifier
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.core.addresses import Address, checksum_address
from souk.core.errors import ProviderUnavailable
from souk.modules.accounts.domain import Proof
from souk.modules.accounts.errors import (
    MalformedSignature,
    SignatureMismatch,
    WalletFactoryUnknown,
)
from tests.support.account_builders import a_wallet
from tests.support.chain_builders import a_node
from tests.support.clock import MovableClock
from tests.support.passkeys import Passkey
from tests.support.rail_builders import CHAIN_ID, EscrowRail, tell

TEXT = "souk.example wants you to sign in\nwith two lines and an é"
DIGEST = bytes(defunct_hash_message(text=TEXT))
OWNER = a_wallet("owner")
SUFFIX = bytes.fromhex("6492" * 16)


@pytest.fixture
def rail(still_chain) -> Iterator[EscrowRail]:
    with a_node(still_chain.url) as node:
        yield EscrowRail(still_chain, node)


@pytest.fixture
def factory(rail) -> Address:
    return rail.deploy_mock("WalletFactory")


@pytest.fixture
def verifier(rail, factory) -> EvmSignatureVerifier:
    return on(rail.node, factory)


def on(node: EvmNode, *factories: Address, chain_id: int = CHAIN_ID) -> EvmSignatureVerifier:
    return EvmSignatureVerifier({chain_id: node}, ChainPresence(MovableClock()), factories)


def check(verifier, address, signature, *, chain_id=CHAIN_ID) -> Proof:
    return verifier.verify(message=TEXT, signature=signature, address=address, chain_id=chain_id)


def a_contract(rail, owner=OWNER) -> Address:
    return rail.deploy_mock("ContractWallet", ("address", owner.address))


def a_passkey_wallet(rail, passkey) -> Address:
    x, y = passkey.point
    return rail.deploy_mock("PasskeyWallet", ("bytes32", x), ("bytes32", y))


def making(owner=OWNER) -> bytes:
    """The call that has the factory make a wallet."""
    return keccak(b"make(address)")[:4] + encode(["address"], [owner.address])


def located(rail, factory, owner=OWNER) -> Address:
    """Where the wallet of an owner stands, or will."""
    data = keccak(b"locate(address)")[:4] + encode(["address"], [owner.address])
    asked = {"to": factory, "data": "0x" + data.hex()}
    return checksum_address("0x" + rail.chain.call("eth_call", asked, "latest")[-40:])


def wrapped(factory, signature, owner=OWNER) -> str:
    inner = bytes.fromhex(signature[2:])
    parts = encode(["address", "bytes", "bytes"], [factory, making(owner), inner])
    return "0x" + (parts + SUFFIX).hex()


def delegate(rail, account, code) -> None:
    """Let an account be one that has delegated to code (EIP-7702)."""
    rail.chain.call("anvil_setCode", account, "0xef0100" + code[2:])


@pytest.mark.pitfall("A5")
def test_accepts_each_kind_of_wallet(rail, factory, verifier) -> None:
    key = a_wallet("key")
    to_be = located(rail, factory)
    signature = OWNER.sign(TEXT)

    assert check(verifier, key.address, key.sign(TEXT)) is Proof.KEY
    assert check(verifier, a_contract(rail), signature) is Proof.CONTRACT
    assert check(verifier, to_be, wrapped(factory, signature)) is Proof.CONTRACT


@pytest.mark.pitfall("A5")
def test_leaves_the_wallet_unmade_when_it_was_made_for_the_question(rail, factory, verifier):
    to_be = located(rail, factory)
    check(verifier, to_be, wrapped(factory, OWNER.sign(TEXT)))
    assert rail.chain.call("eth_getCode", to_be, "latest") == "0x"


@pytest.mark.pitfall("A5")
def test_refuses_when_nobody_trusts_the_factory(rail, factory) -> None:
    with pytest.raises(WalletFactoryUnknown):
        check(on(rail.node), located(rail, factory), wrapped(factory, OWNER.sign(TEXT)))


def test_accepts_a_wrapper_of_any_factory_when_the_wallet_stands(rail, factory) -> None:
    tell(rail.chain, factory, "make(address)", OWNER.address)
    signature = wrapped(factory, OWNER.sign(TEXT))
    assert check(on(rail.node), located(rail, factory), signature) is Proof.CONTRACT


def test_refuses_when_the_factory_makes_another_wallet(rail, factory, verifier) -> None:
    with pytest.raises(SignatureMismatch):
        check(verifier, a_wallet("victim").address, wrapped(factory, OWNER.sign(TEXT)))


def test_refuses_when_the_wallet_to_be_made_has_another_owner(rail, factory, verifier) -> None:
    with pytest.raises(SignatureMismatch):
        check(verifier, located(rail, factory), wrapped(factory, a_wallet("mallory").sign(TEXT)))


@pytest.mark.parametrize("before", [b"", b"\x01" * 31, b"\xff" * 96], ids=["0", "31", "96"])
def test_refuses_when_the_wrapper_holds_nothing(verifier, before) -> None:
    with pytest.raises(MalformedSignature):
        check(verifier, OWNER.address, "0x" + (before + SUFFIX).hex())


@pytest.mark.pitfall("A5")
@pytest.mark.parametrize("way", [1, 2, 3], ids=["refuses", "reverts", "answers nothing"])
def test_accepts_the_key_of_a_delegated_account_whatever_its_code_says(rail, verifier, way) -> None:
    code = a_contract(rail, a_wallet("somebody else"))
    account = a_wallet("delegated")
    delegate(rail, account.address, code)
    tell(rail.chain, account.address, "treat(uint8)", way)
    assert check(verifier, account.address, account.sign(TEXT)) is Proof.KEY


@pytest.mark.parametrize("way", [1, 2, 3], ids=["refuses", "reverts", "answers nothing"])
def test_refuses_when_the_contract_does_not_say_yes(rail, verifier, way) -> None:
    wallet = a_contract(rail)
    tell(rail.chain, wallet, "treat(uint8)", way)
    with pytest.raises(SignatureMismatch):
        check(verifier, wallet, OWNER.sign(TEXT))


@pytest.mark.pitfall("A4")
@pytest.mark.parametrize("length", [66, 130, 600, 4_000])
def test_shows_the_contract_a_signature_of_any_length(rail, verifier, length) -> None:
    signature = OWNER.sign(TEXT)
    longer = signature + "ab" * (length - 65)
    assert check(verifier, a_contract(rail), longer) is Proof.CONTRACT


@pytest.mark.pitfall("A4")
@pytest.mark.parametrize("length", [1, 64])
def test_shows_the_contract_a_signature_that_is_too_short_for_a_key(rail, verifier, length) -> None:
    with pytest.raises(SignatureMismatch):
        check(verifier, a_contract(rail), "0x" + "ab" * length)


def test_refuses_a_signature_beyond_all_measure_without_asking(rail, verifier) -> None:
    with pytest.raises(MalformedSignature):
        check(verifier, a_contract(rail), OWNER.sign(TEXT) + "ab" * 4_096)


@pytest.mark.pitfall("A4")
@pytest.mark.parametrize("site", ["https://souk.example", "https://" + "a" * 300 + ".example"])
def test_accepts_a_passkey_whatever_the_length_of_its_signature(rail, verifier, site) -> None:
    passkey = Passkey("phone")
    signature = "0x" + passkey.sign(DIGEST, site).hex()
    assert check(verifier, a_passkey_wallet(rail, passkey), signature) is Proof.CONTRACT


@pytest.mark.pitfall("A6")
def test_refuses_the_former_owner_when_the_wallet_was_given_away(rail, verifier) -> None:
    former, present = Passkey("phone"), Passkey("new phone")
    wallet = a_passkey_wallet(rail, former)
    tell(rail.chain, wallet, "rotate(bytes32,bytes32)", *present.point)

    with pytest.raises(SignatureMismatch):
        check(verifier, wallet, "0x" + former.sign(DIGEST).hex())
    assert check(verifier, wallet, "0x" + present.sign(DIGEST).hex()) is Proof.CONTRACT


def test_refuses_a_contract_when_the_chain_is_not_served(rail, verifier) -> None:
    with pytest.raises(SignatureMismatch):
        check(verifier, a_contract(rail), OWNER.sign(TEXT), chain_id=1)


@pytest.mark.pitfall("A6")
def test_asks_to_come_back_when_the_node_serves_another_chain(rail) -> None:
    with pytest.raises(ProviderUnavailable):
        check(on(rail.node, chain_id=1), a_contract(rail), OWNER.sign(TEXT), chain_id=1)


def test_accepts_a_key_when_no_chain_can_be_reached() -> None:
    with a_node("http://127.0.0.1:9") as nowhere:
        assert check(on(nowhere), OWNER.address, OWNER.sign(TEXT)) is Proof.KEY


def test_asks_to_come_back_when_the_chain_cannot_be_reached() -> None:
    with a_node("http://127.0.0.1:9") as nowhere, pytest.raises(ProviderUnavailable):
        check(on(nowhere), a_wallet("somebody else").address, OWNER.sign(TEXT))
