"""The codec against the contract's own vectors, and every error that it can name."""

import json
from pathlib import Path

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from souk.adapters.evm import escrow_codec as codec
from souk.core.addresses import Address
from souk.modules.payments import errors
from souk.modules.payments.domain import EscrowOrder

VECTORS = json.loads((Path(__file__).parents[3] / "contracts/test/vectors/orders.json").read_text())
ORDERS = [
    EscrowOrder(
        buyer=Address(entry["buyer"]),
        seller=Address(entry["seller"]),
        token=Address(entry["token"]),
        amount=int(entry["amount"]),
        arbiter=Address(entry["arbiter"]),
        fee_to=Address(entry["feeTo"]),
        fee_bps=int(entry["feeBps"]),
        silent_bps=int(entry["silentBps"]),
        pay_by=int(entry["payBy"]),
        fulfil_by=int(entry["fulfilBy"]),
        window=int(entry["window"]),
        ref=entry["ref"],
    )
    for entry in VECTORS["orders"]
]
DOMAINS = VECTORS["domains"]
ADDRESS = ORDERS[0].seller


@pytest.mark.parametrize("domain", DOMAINS, ids=lambda domain: f"chain {domain['chain_id']}")
def test_gives_an_order_the_id_that_the_contract_gives_it(domain) -> None:
    ids = [
        codec.order_id(order, chain_id=domain["chain_id"], contract=Address(domain["contract"]))
        for order in ORDERS
    ]

    assert ids == domain["order_ids"]


@pytest.mark.parametrize(
    ("name", "types", "values", "refusal"),
    [
        ("BadOrder", ["uint8"], [3], errors.EscrowOrderRefused),
        ("BadOrder", ["uint8"], [255], errors.EscrowOrderRefused),
        ("BadState", ["bytes32", "uint8"], [bytes(32), 4], errors.EscrowStateConflict),
        ("BadState", ["bytes32", "uint8"], [bytes(32), 9], errors.EscrowStateConflict),
        ("TooEarly", ["uint40"], [1_800_000_000], errors.EscrowTooEarly),
        ("TooLate", ["uint40"], [2**40 - 1], errors.EscrowTooLate),
        ("NotParty", ["address"], [ADDRESS], errors.EscrowNotParty),
        ("BadAmount", ["uint256", "uint256"], [1, 2**256 - 1], errors.EscrowAmountMismatch),
        ("NothingDue", [], [], errors.EscrowNothingDue),
        ("BadRecipient", ["address"], [ADDRESS], errors.EscrowBadRecipient),
        ("MoreGasNeeded", ["uint256"], [80_793], errors.EscrowGasTooLow),
        ("SafeERC20FailedOperation", ["address"], [ADDRESS], errors.EscrowTokenRefused),
        (
            "ERC20InsufficientAllowance",
            ["address", "uint256", "uint256"],
            [ADDRESS, 1, 2],
            errors.EscrowTokenRefused,
        ),
        ("SomethingElse", [], [], errors.EscrowRefused),
    ],
)
def test_explains_why_the_contract_reverts(name, types, values, refusal) -> None:
    selector = keccak(f"{name}({','.join(types)})".encode())[:4]

    explained = codec.explain_revert("0x" + (selector + encode(types, values)).hex())

    assert type(explained) is refusal
    assert explained.detail


@pytest.mark.parametrize("data", ["0x", "0x12", "0x" + keccak(b"TooLate(uint40)")[:4].hex()])
def test_says_that_there_is_no_reason_when_the_data_is_cut(data) -> None:
    assert type(codec.explain_revert(data)) is errors.EscrowRefused


def test_knows_every_error_of_the_contract() -> None:
    text = (Path(codec.__file__).parent / "artifacts/Escrow.json").read_text()
    ours = {"BadOrder", "BadState", "TooEarly", "TooLate", "NotParty", "BadAmount"}
    ours |= {"NothingDue", "BadRecipient", "MoreGasNeeded", "SafeERC20FailedOperation"}
    # Those of the compiler's libraries tell of defects of ours, never of a party's mistake.
    library = {"FailedCall", "InsufficientBalance", "InvalidShortString", "StringTooLong"}
    library |= {"ReentrancyGuardReentrantCall"}

    declared = {entry["name"] for entry in json.loads(text)["abi"] if entry["type"] == "error"}

    assert declared == ours | library


@pytest.mark.parametrize("data", [b"", bytes(64), encode(["uint256"] * 4, [1, 2, 3, 200])])
def test_reads_no_state_from_what_is_no_escrows_answer(data) -> None:
    assert codec.decode_states(data) is None
