"""Every error that a call of the escrow can revert with, as a person is told it."""

import json
from importlib import resources

import pytest
from eth_abi.abi import encode
from eth_utils.abi import abi_to_signature
from eth_utils.crypto import keccak

from souk.adapters.evm.escrow.refusals import explain_revert
from souk.core.money import Asset
from souk.modules.payments import errors
from tests.support.escrow_vectors import ORDERS

WHO = ORDERS[0].seller
DOLLAR = Asset("eip155:1/erc20:0x", 6, "tUSD")
FEW, MANY = 250_000, 1_000_000
AT, AT_TEXT = 1_800_000_000, "2027-01-15T08:00:00.000Z"


def _revert(signature: str, *values: object) -> str:
    types = signature.partition("(")[2].rstrip(")").split(",")
    arguments = encode([kind for kind in types if kind], values)
    return "0x" + (keccak(signature.encode())[:4] + arguments).hex()


def _errors_of(name: str) -> list[dict]:
    folder = resources.files("souk.adapters.evm").joinpath("artifacts")
    abi = json.loads(folder.joinpath(f"{name}.json").read_text())["abi"]
    return [entry for entry in abi if entry["type"] == "error"]


_FITTING = {"address": WHO, "bytes32": bytes(32), "string": "words"}


@pytest.mark.parametrize("contract", ["Escrow", "TestDollar"])
def test_explains_every_error_of_the_contract(contract) -> None:
    # These tell of what no call of the escrow comes near.
    foreign = {"InvalidAccountNonce", "SafeCastOverflowedUintDowncast"}
    declared = [entry for entry in _errors_of(contract) if entry["name"] not in foreign]

    for entry in declared:
        values = [_FITTING.get(argument["type"], 2) for argument in entry["inputs"]]
        explained = explain_revert(_revert(abi_to_signature(entry), *values))
        assert type(explained) is not errors.EscrowRefused, entry["name"]
    assert declared


@pytest.mark.parametrize(
    ("signature", "values", "refusal", "context"),
    [
        ("BadState(bytes32,uint8)", [bytes(32), 4], errors.EscrowStateConflict, "settled"),
        ("BadState(bytes32,uint8)", [bytes(32), 9], errors.EscrowStateConflict, "unknown"),
        ("TooEarly(uint40)", [AT], errors.EscrowTooEarly, AT_TEXT),
        ("TooEarly(uint40)", [AT], errors.EscrowTooEarly, "or the arbiter's"),
        ("TooLate(uint40)", [AT], errors.EscrowTooLate, AT_TEXT),
        ("TooLate(uint40)", [2**40 - 1], errors.EscrowTooLate, str(2**40 - 1)),
        ("NotParty(address)", [WHO], errors.EscrowNotParty, "switch to the wallet"),
        ("BadAmount(uint256,uint256)", [FEW, MANY], errors.EscrowAmountMismatch, "0.25 tUSD"),
        ("BadAmount(uint256,uint256)", [0, 2**256 - 1], errors.EscrowAmountMismatch, "units"),
        ("BadSignature(address)", [WHO], errors.EscrowConsentRefused, WHO.lower()),
        ("NothingDue()", [], errors.EscrowNothingDue, "settled"),
        ("BadRecipient(address)", [WHO], errors.EscrowBadRecipient, "name another"),
        ("FailedCall()", [], errors.EscrowBadRecipient, "name another"),
        ("MoreGasNeeded(uint256)", [80_793], errors.EscrowGasTooLow, "80793"),
        ("NoPermit2()", [], errors.EscrowWayMissing, "another way to pay"),
        ("ReentrancyGuardReentrantCall()", [], errors.EscrowReentered, "nothing moved"),
        ("InsufficientBalance(uint256,uint256)", [1, 2], errors.EscrowFaulty, "ask for help"),
        ("Panic(uint256)", [0x11], errors.EscrowFaulty, "ask for help"),
        ("SafeERC20FailedOperation(address)", [WHO], errors.EscrowTokenRefused, "check balance"),
        (
            "ERC20InsufficientBalance(address,uint256,uint256)",
            [WHO, FEW, MANY],
            errors.EscrowBalanceTooLow,
            "0.25 tUSD and needs 1 tUSD: 0.75 tUSD more",
        ),
        (
            "ERC20InsufficientAllowance(address,uint256,uint256)",
            [WHO, FEW, MANY],
            errors.EscrowAllowanceTooLow,
            "sign the allowance",
        ),
        ("ERC20InvalidReceiver(address)", [WHO], errors.EscrowTokenRefused, "check balance"),
        ("ERC2612ExpiredSignature(uint256)", [AT], errors.EscrowTooLate, AT_TEXT),
        ("ERC2612InvalidSigner(address,address)", [WHO, WHO], errors.EscrowConsentRefused, "sign"),
        ("ERC3009InvalidSignature()", [], errors.EscrowConsentRefused, "sign again"),
        (
            "ERC3009InvalidAuthorizationTime(uint256,uint256)",
            [0, AT],
            errors.EscrowTooLate,
            AT_TEXT,
        ),
        (
            "ERC3009UsedAuthorization(address,bytes32)",
            [WHO, bytes(32)],
            errors.EscrowConsentUsed,
            "used before",
        ),
        ("SignatureExpired(uint256)", [AT], errors.EscrowTooLate, AT_TEXT),
        ("InvalidNonce()", [], errors.EscrowConsentUsed, "used before"),
        ("InvalidSigner()", [], errors.EscrowConsentRefused, "sign again"),
        ("InvalidContractSignature()", [], errors.EscrowConsentRefused, "sign again"),
        ("Error(string)", ["Pausable: paused"], errors.EscrowTokenRefused, "Pausable: paused"),
        ("SomethingElse(uint256)", [1], errors.EscrowRefused, "does not say why"),
    ],
)
def test_says_what_happened_and_what_to_do(signature, values, refusal, context) -> None:
    explained = explain_revert(_revert(signature, *values), DOLLAR)

    assert type(explained) is refusal
    assert context in explained.detail


@pytest.mark.parametrize(
    ("field", "name"),
    [(0, "buyer"), (2, "token"), (4, "arbiter"), (8, "payBy"), (11, "ref"), (255, "orders")],
)
def test_names_the_field_that_is_refused(field, name) -> None:
    explained = explain_revert(_revert("BadOrder(uint8)", field))

    assert type(explained) is errors.EscrowOrderRefused
    assert explained.context == {"field": name}


@pytest.mark.parametrize(
    "data",
    [
        "0x",
        "0x12",
        _revert("TooLate(uint40)", 1)[:10],
        _revert("TooLate(uint40)", 1)[:10] + "ff" * 32,
        _revert("Error(string)", "a")[:10] + encode(["bytes"], [b"\xff\xfe"]).hex(),
        _revert("Error(string)", "a")[:10] + encode(["uint256", "uint256"], [32, 2**63]).hex(),
        "0x123",
        "out of gas",
    ],
    ids=[
        "nothing",
        "too short",
        "no argument",
        "out of range",
        "no text",
        "endless text",
        "half a byte",
        "no data",
    ],
)
def test_says_that_there_is_no_reason_when_the_data_is_cut(data) -> None:
    assert type(explain_revert(data)) is errors.EscrowRefused


def test_quotes_a_tokens_words_cut_and_without_control_characters() -> None:
    explained = explain_revert(_revert("Error(string)", "\x1b[31mred\n" + "x" * 500))

    assert explained.context["reason"] == (" [31mred " + "x" * 500)[:120]
