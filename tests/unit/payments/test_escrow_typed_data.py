"""Messages for wallets, hashed by an EIP-712 encoder that is not ours."""

import json

import pytest
from eth_abi.abi import encode
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from souk.adapters.evm.escrow import typed_data
from souk.adapters.evm.escrow.calls import Validity
from souk.adapters.evm.escrow.hashes import Offer, SigningDomain, settle_digest
from tests.support.escrow_vectors import ORDERS

CHAIN, ESCROW, TOKEN, PAYER = 1, ORDERS[0].seller, ORDERS[0].token, ORDERS[0].buyer
HASH = "0x" + "ab" * 32
MUCH = 2**256 - 1
DOMAIN = SigningDomain(name="USD Coin", version="2", chain_id=CHAIN, contract=TOKEN)
CART = typed_data.CartPayment(payer=PAYER, escrow=ESCROW, token=TOKEN, amount=MUCH, cart_hash=HASH)
OFFER = Offer(
    escrow_id=HASH, to_buyer=1, to_seller=2**96 - 1, remaining=9, status=3, valid_until=2**40 - 1
)
PERMIT = typed_data.permit(DOMAIN, CART, nonce=MUCH, deadline=7)
RECEIVE = typed_data.receive_with_authorization(DOMAIN, CART, Validity(after=0, before=8))
PERMIT2 = typed_data.permit2_transfer(DOMAIN, CART, nonce=MUCH, deadline=7)
SETTLE = typed_data.settle_offer(OFFER, chain_id=CHAIN, contract=ESCROW)

# The structs as the standards and the contracts spell them, and their values.
PERMITTED = keccak(
    keccak(b"TokenPermissions(address token,uint256 amount)")
    + encode(["address", "uint256"], [TOKEN, MUCH])
)
STRUCTS = {
    "Permit": (
        PERMIT,
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)",
        ["address", "address", "uint256", "uint256", "uint256"],
        [PAYER, ESCROW, MUCH, MUCH, 7],
    ),
    "ReceiveWithAuthorization": (
        RECEIVE,
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,"
        "uint256 validBefore,bytes32 nonce)",
        ["address", "address", "uint256", "uint256", "uint256", "bytes32"],
        [PAYER, ESCROW, MUCH, 0, 8, bytes.fromhex(HASH[2:])],
    ),
    "PermitWitnessTransferFrom": (
        PERMIT2,
        "PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,"
        "uint256 deadline,bytes32 cartHash)TokenPermissions(address token,uint256 amount)",
        ["bytes32", "address", "uint256", "uint256", "bytes32"],
        [PERMITTED, ESCROW, MUCH, 7, bytes.fromhex(HASH[2:])],
    ),
    "Settle": (
        SETTLE,
        "Settle(bytes32 order,uint96 toBuyer,uint96 toSeller,uint96 remaining,uint8 status,"
        "uint40 validUntil)",
        ["bytes32", "uint96", "uint96", "uint96", "uint8", "uint40"],
        [bytes.fromhex(HASH[2:]), 1, 2**96 - 1, 9, 3, 2**40 - 1],
    ),
}


@pytest.mark.parametrize("name", STRUCTS)
def test_is_what_the_contract_hashes_when_a_wallet_signs_it(name) -> None:
    message, spelled, types, values = STRUCTS[name]

    by_wallet = encode_typed_data(full_message=json.loads(json.dumps(message)))

    assert message["primaryType"] == name
    assert by_wallet.body == keccak(keccak(spelled.encode()) + encode(types, values))


@pytest.mark.parametrize("message", [PERMIT, RECEIVE, PERMIT2], ids=lambda one: one["primaryType"])
def test_is_meant_for_the_contract_that_checks_it(message) -> None:
    assert encode_typed_data(full_message=dict(message)).header == DOMAIN.separator


@pytest.mark.parametrize(("message", "_spelled", "_types", "_values"), STRUCTS.values())
def test_has_every_number_as_text_but_the_chains(message, _spelled, _types, _values) -> None:
    def leaves(value) -> list:
        return (
            [x for v in value.values() for x in leaves(v)] if isinstance(value, dict) else [value]
        )

    assert {type(leaf) for leaf in leaves(message["message"])} == {str}
    assert message["domain"]["chainId"] == CHAIN


def test_gives_an_offer_the_digest_that_a_wallet_signs() -> None:
    signable = encode_typed_data(full_message=dict(SETTLE))

    digest = keccak(b"\x19" + signable.version + signable.header + signable.body)

    assert settle_digest(OFFER, chain_id=CHAIN, contract=ESCROW) == "0x" + digest.hex()
