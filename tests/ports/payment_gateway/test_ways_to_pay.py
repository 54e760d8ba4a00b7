"""Paying with a signature, in each way that tokens have, with real wallets on a real chain."""

from dataclasses import replace

import pytest

from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.adapters.evm.escrow.ways import EvmPayWays
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.rpc import JsonRpcClient
from souk.core.addresses import ZERO_ADDRESS
from souk.core.errors import ProviderUnavailable
from souk.modules.payments import errors
from souk.modules.payments.domain import LegStatus, PayWay
from tests.support.clock import MovableClock
from tests.support.payment_builders import MONEY
from tests.support.rail_builders import CHAIN_ID

SIGNED = [PayWay.PERMIT, PayWay.AUTHORIZATION, PayWay.PERMIT2]
ANYONE_BRINGS = [PayWay.AUTHORIZATION, PayWay.PERMIT2]


def sign(rail, legs, way: PayWay) -> str:
    """The buyer's signature, and before it the calls that it takes."""
    asked = rail.prepare(legs, way)
    assert asked.by == rail.buyer.address
    for call in asked.calls:
        assert rail.buyer.send(call)["status"] == "0x1"
    return rail.buyer.sign(asked.typed_data)


def ways(rail, token, escrow=None) -> set[PayWay]:
    tokens = EvmTokens({CHAIN_ID: rail.node}, MovableClock())
    return set(tokens.ways(CHAIN_ID, token, escrow or rail.escrow))


@pytest.mark.parametrize("way", SIGNED)
def test_holds_the_money_of_every_order_when_the_payer_signed_a_message(rail, way) -> None:
    legs = rail.legs(rail.plan(rail.dollar, 1_000, 2_000))
    signature = sign(rail, legs, way)

    (receipt,) = rail.sign(rail.buyer, rail.prepare(legs, way, signature))

    assert receipt["status"] == "0x1"
    assert [rail.gateway.lookup(leg).remaining for leg in legs] == [1_000, 2_000]


@pytest.mark.parametrize("way", ANYONE_BRINGS)
def test_lets_anyone_bring_what_the_payer_signed(rail, way) -> None:
    (leg,) = rail.legs(rail.plan(rail.dollar, 1_000))
    paid = rail.prepare([leg], way, sign(rail, [leg], way))

    rail.stranger.send(paid.calls[0])

    assert rail.gateway.lookup(leg).status is LegStatus.HELD


@pytest.mark.parametrize("way", ANYONE_BRINGS)
def test_takes_the_signature_of_a_wallet_that_is_a_contract(rail, way) -> None:
    wallet = rail.deploy_mock("ContractWallet", ("address", rail.buyer.address))
    rail.mint(wallet, 1_000)
    (leg,) = rail.legs(rail.plan(rail.dollar, 1_000, payer=wallet))
    asked = rail.prepare([leg], way)
    for call in asked.calls:
        rail.send_as(wallet, call)

    paid = rail.prepare([leg], way, rail.buyer.sign(asked.typed_data) + "abcd")

    rail.stranger.send(paid.calls[0])
    assert rail.gateway.lookup(leg).status is LegStatus.HELD


@pytest.mark.parametrize(
    ("way", "refusal"),
    [
        (PayWay.PERMIT, errors.EscrowAllowanceTooLow),
        (PayWay.AUTHORIZATION, errors.EscrowConsentRefused),
        (PayWay.PERMIT2, errors.EscrowConsentRefused),
    ],
)
def test_says_no_when_another_than_the_payer_signed(rail, way, refusal) -> None:
    legs = rail.legs(rail.plan(rail.dollar, 1_000))
    message = rail.prepare(legs, way).typed_data

    with pytest.raises(refusal):
        rail.prepare(legs, way, rail.stranger.sign(message))


@pytest.mark.parametrize("way", SIGNED)
def test_says_no_when_the_signature_is_for_other_orders(rail, way) -> None:
    other = rail.legs(rail.plan(rail.dollar, 900))
    legs = rail.legs(rail.plan(rail.dollar, 1_000))
    signature = sign(rail, other, way)

    with pytest.raises(errors.EscrowRefused):
        rail.prepare(legs, way, signature)


@pytest.mark.parametrize("way", SIGNED)
def test_says_no_when_the_same_signature_is_used_again(rail, way) -> None:
    legs = rail.legs(rail.plan(rail.dollar, 1_000))
    signature = sign(rail, legs, way)
    rail.buyer.send(rail.prepare(legs, way, signature).calls[0])

    with pytest.raises(errors.EscrowStateConflict):
        rail.prepare(legs, way, signature)


@pytest.mark.parametrize("way", SIGNED)
def test_says_no_when_the_time_to_pay_is_over(rail, way) -> None:
    legs = rail.legs(rail.plan(rail.dollar, 1_000))
    signature = sign(rail, legs, way)
    rail.chain.move_time(3_601)
    rail.chain.mine()

    with pytest.raises(errors.EscrowTooLate):
        rail.prepare(legs, way, signature)


@pytest.mark.parametrize("way", SIGNED)
def test_pays_in_the_very_last_second(rail, way) -> None:
    (leg,) = rail.legs(rail.plan(rail.dollar, 1_000))
    paid = rail.prepare([leg], way, sign(rail, [leg], way))
    rail.chain.call("evm_setNextBlockTimestamp", hex(leg.terms.pay_by))

    rail.buyer.send(paid.calls[0])

    assert (rail.now, rail.gateway.lookup(leg).status) == (leg.terms.pay_by, LegStatus.HELD)


def test_tells_what_is_missing_when_the_payer_has_too_little(rail) -> None:
    legs = rail.legs(rail.plan(rail.dollar, 10**12 + 250_000))

    with pytest.raises(errors.EscrowBalanceTooLow, match=r"0\.25 tUSD more"):
        rail.prepare(legs, PayWay.AUTHORIZATION, sign(rail, legs, PayWay.AUTHORIZATION))


def test_lets_permit2_at_the_token_only_once(rail) -> None:
    first, second = (rail.legs(rail.plan(rail.dollar, 1_000)) for _ in range(2))
    before = rail.prepare(first, PayWay.PERMIT2)

    sign(rail, first, PayWay.PERMIT2)

    assert len(before.calls) == 1
    assert rail.prepare(second, PayWay.PERMIT2).calls == ()


@pytest.mark.parametrize(
    ("way", "signature"),
    [
        (PayWay.AUTHORIZATION, "0x"),
        (PayWay.AUTHORIZATION, "0x123"),
        (PayWay.AUTHORIZATION, "0x" + "ab" * 4_097),
        (PayWay.PERMIT2, "sure"),
        (PayWay.PERMIT, "0x" + "ab" * 66),
    ],
)
def test_refuses_what_is_no_signature(rail, way, signature) -> None:
    legs = rail.legs(rail.plan(rail.dollar, 1_000))

    with pytest.raises(errors.MalformedConsent):
        rail.prepare(legs, way, signature)


def test_takes_the_signature_of_a_device_that_counts_v_from_nought(rail) -> None:
    (leg,) = rail.legs(rail.plan(rail.dollar, 1_000))
    signature = sign(rail, [leg], PayWay.AUTHORIZATION)
    odd = signature[:-2] + f"{int(signature[-2:], 16) - 27:02x}"

    rail.buyer.send(rail.prepare([leg], PayWay.AUTHORIZATION, odd).calls[0])

    assert rail.gateway.lookup(leg).status is LegStatus.HELD


@pytest.mark.parametrize("way", SIGNED)
def test_pays_no_coin_by_a_signature(rail, way) -> None:
    legs = rail.legs(rail.plan(ZERO_ADDRESS, 1_000))

    with pytest.raises(errors.EscrowWayMissing) as refusal:
        rail.prepare(legs, way)

    assert refusal.value.context == {"ways": ["calls"]}


def test_offers_every_way_for_a_dollar_that_has_them(rail) -> None:
    assert ways(rail, rail.dollar) == {PayWay.CALLS, *SIGNED}


@pytest.mark.parametrize("swallows", [True, False])
def test_offers_no_permit_when_the_token_only_seems_to_take_one(rail, swallows) -> None:
    phantom = rail.deploy_mock("PhantomDollar", ("bool", swallows))

    assert ways(rail, phantom) == {PayWay.CALLS, PayWay.AUTHORIZATION, PayWay.PERMIT2}


def test_says_whom_the_payer_has_to_let_at_the_token_in_each_way(rail) -> None:
    clock = MovableClock()
    tokens = EvmTokens({CHAIN_ID: rail.node}, clock)
    ways = EvmPayWays({CHAIN_ID: replace(MONEY, escrow=rail.escrow)}, tokens)

    assert ways.spenders(CHAIN_ID, rail.dollar) == {
        PayWay.CALLS: rail.escrow,
        PayWay.PERMIT: None,
        PayWay.AUTHORIZATION: None,
        PayWay.PERMIT2: rail.permit2,
    }
    assert ways.spenders(CHAIN_ID, ZERO_ADDRESS) == {PayWay.CALLS: None}


def test_asks_a_chain_that_is_away_only_once_in_a_while(rail) -> None:
    clock, nowhere = MovableClock(), JsonRpcClient("http://127.0.0.1:1", label="nowhere")
    node = EvmNode(nowhere).attended(ChainPresence(clock), CHAIN_ID)
    tokens = EvmTokens({CHAIN_ID: node}, clock)
    ways = EvmPayWays({CHAIN_ID: replace(MONEY, escrow=rail.escrow)}, tokens)
    said = []
    for seconds in (0, 4, 1):
        clock.advance(seconds=seconds)
        with pytest.raises(ProviderUnavailable) as refusal:
            ways.spenders(CHAIN_ID, rail.dollar)
        said.append("a moment ago" in str(refusal.value))

    assert said == [False, True, False]


def test_takes_the_domain_of_an_older_token_from_its_name_and_version(rail) -> None:
    phantom = rail.deploy_mock("PhantomDollar", ("bool", True))

    domain = EvmTokens({CHAIN_ID: rail.node}, MovableClock()).abilities(CHAIN_ID, phantom).domain

    assert (domain.name, domain.version) == ("Phantom Dollar", "2")


def test_offers_calls_alone_when_the_tokens_domain_is_another_chains(rail) -> None:
    here_is_chain_one = EvmTokens({1: rail.node}, MovableClock())

    assert here_is_chain_one.ways(1, rail.dollar, rail.escrow) == {PayWay.CALLS}


def test_offers_calls_alone_when_neither_token_nor_escrow_knows_signatures(rail) -> None:
    plain = rail.deploy_mock("ContractWallet", ("address", ZERO_ADDRESS))
    without = rail.deploy("Escrow", ("address", ZERO_ADDRESS))

    assert ways(rail, plain, without) == {PayWay.CALLS}


def test_asks_a_token_only_once_in_a_while(rail) -> None:
    clock = MovableClock()
    tokens = EvmTokens({CHAIN_ID: rail.node}, clock)
    before = tokens.ways(CHAIN_ID, rail.dollar, rail.escrow)
    rail.chain.call("anvil_setCode", rail.dollar, "0x")
    clock.advance(minutes=9)

    assert tokens.ways(CHAIN_ID, rail.dollar, rail.escrow) == before


def test_sees_that_a_token_has_changed(rail) -> None:
    clock = MovableClock()
    tokens = EvmTokens({CHAIN_ID: rail.node}, clock)
    tokens.ways(CHAIN_ID, rail.dollar, rail.escrow)
    rail.chain.call("anvil_setCode", rail.dollar, "0x")
    clock.advance(minutes=10)

    ways = tokens.ways(CHAIN_ID, rail.dollar, rail.escrow)

    assert ways == {PayWay.CALLS, PayWay.PERMIT2}


def test_sees_that_permit2_was_deployed_meanwhile(rail) -> None:
    clock = MovableClock()
    tokens = EvmTokens({CHAIN_ID: rail.node}, clock)
    code = rail.chain.call("eth_getCode", rail.permit2, "latest")
    rail.chain.call("anvil_setCode", rail.permit2, "0x")
    before = tokens.permit2(CHAIN_ID, rail.escrow)
    rail.chain.call("anvil_setCode", rail.permit2, code)
    clock.advance(minutes=10)

    after = tokens.permit2(CHAIN_ID, rail.escrow)

    assert (before, after.contract) == (None, rail.permit2)
