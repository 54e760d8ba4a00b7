"""Ids, cart hashes and domains against the contract's own vectors."""

import pytest
from eth_account.messages import encode_typed_data

from souk.adapters.evm.escrow.hashes import Offer, SigningDomain, cart_hash, order_id, settle_digest
from souk.core.addresses import Address
from tests.support.escrow_vectors import DOMAINS, ORDERS, SETTLEMENTS, VECTORS


def _name(domain) -> str:
    return f"chain {domain['chain_id']}"


@pytest.mark.parametrize("domain", DOMAINS, ids=_name)
def test_gives_an_order_the_id_that_the_contract_gives_it(domain) -> None:
    place = {"chain_id": domain["chain_id"], "contract": Address(domain["contract"])}

    assert [order_id(order, **place) for order in ORDERS] == domain["order_ids"]


@pytest.mark.parametrize("domain", DOMAINS, ids=_name)
def test_gives_a_cart_the_hash_that_the_contract_gives_it(domain) -> None:
    carts = [[domain["order_ids"][index] for index in cart] for cart in VECTORS["carts"]]

    assert [cart_hash(cart) for cart in carts] == domain["cart_hashes"]


@pytest.mark.parametrize("domain", SETTLEMENTS["domains"], ids=_name)
def test_gives_an_offer_the_digest_that_the_contract_gives_it(domain) -> None:
    place = {"chain_id": domain["chain_id"], "contract": Address(domain["contract"])}
    figures = ("to_buyer", "to_seller", "remaining", "status", "valid_until")

    digests = [
        settle_digest(
            Offer(escrow_id=domain["order_id"], **{name: int(entry[name]) for name in figures}),
            **place,
        )
        for entry in SETTLEMENTS["settlements"]
    ]

    assert digests == domain["settle_digests"]


@pytest.mark.parametrize(
    "domain",
    [
        SigningDomain(name="Permit2", chain_id=1, contract=ORDERS[0].token),
        SigningDomain(name="USD Coin", version="2", chain_id=1, contract=ORDERS[0].token),
        SigningDomain(name="Old", version="1", contract=ORDERS[0].token, salt="0x" + "ab" * 32),
    ],
    ids=["without a version", "whole", "with a salt"],
)
def test_hashes_a_domain_as_wallets_do(domain) -> None:
    fields = {name: value for name, _, value in domain.fields}

    by_wallet = encode_typed_data(domain_data=fields, message_types={"T": []}, message_data={})

    assert domain.separator == by_wallet.header
