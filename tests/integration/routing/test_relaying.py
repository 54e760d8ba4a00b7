"""Sending what a payer has signed: once, within a budget, and nothing else."""

import pytest
from eth_account import Account
from pydantic import SecretStr
from sqlalchemy import text

from souk.core.idempotency import Receipt
from souk.core.principal import Principal
from souk.modules.chain.service import Chains
from souk.modules.payments.domain import Pending
from souk.modules.payments.service import Payments
from souk.settings import KeeperSettings
from tests.support.card_hooks import Killed, cut_off
from tests.support.shop import CHAIN_ID, Person, Shop
from tests.support.wallet_purchases import CENT, ETHER, Purchase, a_purchase

KEY = "0x" + "5e" * 32
BASE_FEE = 150_000_000
RELAYER = Account.from_key(KEY).address


def keys(**changes: object) -> KeeperSettings:
    return KeeperSettings(relayer_private_key=SecretStr(KEY), **changes)


@pytest.fixture
def shop(opened) -> Shop:
    return relaying(opened)


def relaying(opened, **groups: object) -> Shop:
    """An installation that sends what was signed, and has coin for it."""
    shop = opened(**{"keeper": keys(), **groups})
    shop.chain.call("anvil_setBalance", RELAYER, hex(ETHER))
    return shop


def signed(shop: Shop, way: str = "authorization") -> tuple[Purchase, str]:
    """Somebody with fifty dollars and not a bit of coin, and what was signed."""
    purchase = a_purchase(shop).has(cents=5_000, coin=0)
    return purchase, purchase.sign(purchase.process(way=way).json())


def sent(shop: Shop) -> list[str]:
    with shop.container.engine.connect() as connection:
        return list(connection.execute(text("SELECT sender FROM chain_transaction")).scalars())


def hashes(shop: Shop) -> list[str]:
    with shop.container.engine.connect() as connection:
        return list(
            connection.execute(text("SELECT transaction_hash FROM chain_transaction")).scalars()
        )


def test_pays_for_somebody_who_has_no_coin(shop) -> None:
    purchase, signature = signed(shop)

    answer = purchase.hand_in(signature, relay=True).json()

    assert answer["type"] == "pending"
    shop.follow(blocks=2)
    payment = purchase.payment()
    assert (payment["status"], payment["attempts"][0]["transaction_hash"]) == (
        "COMPLETED",
        answer["reference"],
    )
    assert (shop.balance(purchase.buyer.address), sent(shop)) == (0, [RELAYER])


def test_says_that_it_was_sent(shop) -> None:
    purchase, signature = signed(shop)

    purchase.hand_in(signature, relay=True)

    (attempt,) = purchase.payment()["attempts"]
    assert attempt["status"] == "submitted"
    assert attempt["history"][-1]["reason"] == "it was sent as its payer signed it"


def test_sends_one_payment_once(shop) -> None:
    purchase, signature = signed(shop)

    first, again = (purchase.hand_in(signature, relay=True).json() for _ in range(2))

    assert first["reference"] == again["reference"]
    assert len(sent(shop)) == 1


HEARD = {
    "nothing": lambda shop: shop.chain.mine(1),
    "that it stands in a block": lambda shop: shop.follow(blocks=1),
    "that it is final": lambda shop: shop.follow(blocks=2),
}


@pytest.mark.parametrize("heard", HEARD)
def test_answers_what_it_sent_when_it_was_cut_off_before_its_answer(shop, heard) -> None:
    purchase, signature = signed(shop)
    with pytest.raises(Killed):
        relayed(shop, purchase, signature, Receipt("req_one", 200, cut_off))
    HEARD[heard](shop)

    answer = relayed(shop, purchase, signature, Receipt("req_one"))

    assert answer == Pending(*hashes(shop))


def relayed(shop: Shop, purchase: Purchase, signature: str, receipt: Receipt) -> object:
    """What `hand_in` answers."""
    payer = Principal(purchase.buyer.account_id, "ses_of_the_buyer")
    payments = shop.container.get(Payments)
    return payments.hand_in(payer, purchase.payment_id, signature, relay=True, receipt=receipt)


def test_says_beforehand_that_it_would_be_sent_and_what_that_costs_us(shop) -> None:
    best = a_purchase(shop).has(cents=5_000, coin=0).alternatives()[0]

    assert (best["way"], best["relayed"], best["possible"]) == ("authorization", True, True)
    assert (best["cost"]["gas"]["amount"], best["cost"]["total"]["amount"]) == ("0", "5000")
    assert int(best["cost"]["platform"]["amount"]) > 0


def test_leads_somebody_without_coin_to_a_signature_when_all_is_left_to_us(shop) -> None:
    purchase = a_purchase(shop).has(cents=5_000, coin=0)

    started = purchase.crypto().json()

    assert purchase.hand_in(purchase.sign(started), relay=True).json()["type"] == "pending"


def test_gives_the_call_to_whoever_sends_it_alone(shop) -> None:
    purchase, signature = signed(shop)

    assert purchase.hand_in(signature).json()["type"] == "needs_signature"
    assert sent(shop) == []


def test_sends_no_permit_because_only_its_signer_may(shop) -> None:
    purchase, signature = signed(shop, "permit")

    answer = purchase.hand_in(signature, relay=True)

    assert (answer.status_code, answer.json()["code"]) == (422, "relay_unavailable")
    assert sent(shop) == []


def test_sends_nothing_that_the_contract_would_refuse(shop) -> None:
    purchase, _signature = signed(shop)

    answer = purchase.hand_in("0x" + "1b" * 65, relay=True)

    assert answer.json()["code"] == "escrow_consent_refused"
    assert sent(shop) == []


def test_sends_nothing_that_would_cost_us_too_much(shop) -> None:
    purchase = a_purchase(shop, cents=200).has(cents=200, coin=0)
    charge(shop, 1)
    signature = purchase.sign(purchase.process(way="authorization").json())
    charge(shop, 2 * 10**9)

    answer = purchase.hand_in(signature, relay=True)

    assert (answer.status_code, answer.json()["code"]) == (422, "relay_unavailable")
    assert sent(shop) == []


def test_offers_the_network_no_more_than_was_weighed_for_the_payment(shop) -> None:
    purchase = a_purchase(shop, cents=200).has(cents=200, coin=0)
    charge(shop, BASE_FEE)
    signature = purchase.sign(purchase.process(way="authorization").json())

    assert purchase.hand_in(signature, relay=True).json()["type"] == "pending"

    # It would be twice the base fee, which an empty block lowers by an eighth, and the tip, but
    # that is more than a twentieth of what is bought.
    assert offered(shop) < 2 * BASE_FEE * 7 // 8


def offered(shop: Shop) -> int:
    """The most that our one transaction pays for a unit of gas."""
    with shop.container.engine.connect() as connection:
        return int(connection.scalar(text("SELECT max_fee_per_gas FROM chain_transaction")))


def charge(shop: Shop, base_fee: int) -> None:
    """The network takes so much, in wei a gas, and nobody has offered more in the last blocks."""
    shop.follow(blocks=6)
    shop.chain.call("anvil_setNextBlockBaseFeePerGas", hex(base_fee))
    shop.follow(blocks=1)


def test_stops_for_the_day_when_the_gas_is_used_up(opened) -> None:
    shop = relaying(opened, keeper=keys(relayer_daily_gas=1))
    purchase, signature = signed(shop)

    answer = purchase.hand_in(signature, relay=True)

    assert (answer.status_code, answer.json()["code"]) == (429, "relayer_gas_budget_spent")
    assert purchase.payment()["attempts"][0]["status"] == "awaiting_payer"


def test_names_sending_it_oneself_when_the_gas_is_used_up(opened) -> None:
    shop = relaying(opened, keeper=keys(relayer_daily_gas=1))
    purchase, signature = signed(shop)
    purchase.has(coin=ETHER)

    (way,) = purchase.hand_in(signature, relay=True).json()["alternatives"]

    assert (way["way"], way["relayed"], way["checked"]) == ("authorization", False, True)


def test_names_sending_it_oneself_when_it_is_not_sent_for_its_payer(shop) -> None:
    purchase, signature = signed(shop, "permit")
    purchase.has(coin=ETHER)

    (way,) = purchase.hand_in(signature, relay=True).json()["alternatives"]

    assert (way["way"], way["relayed"]) == ("permit", False)


def test_does_not_send_again_what_came_to_nothing(shop) -> None:
    purchase, signature = signed(shop)
    purchase.hand_in(signature, relay=True)
    empty_in_front(shop, purchase)
    shop.follow(blocks=1)
    shop.container.get(Chains).rebroadcast(CHAIN_ID)
    purchase.has(cents=5_000)

    answer = purchase.hand_in(signature, relay=True)

    assert answer.json()["code"] == "relay_unavailable"
    assert purchase.hand_in(signature).json()["type"] == "needs_signature"


def empty_in_front(shop: Shop, purchase: Purchase) -> None:
    """The payer spends the dollars in the same block, for more."""
    purchase.has(coin=ETHER)
    thief: Person = shop.person("friend")
    data = "0xa9059cbb" + thief.address[2:].rjust(64, "0") + f"{5_000 * CENT:064x}"
    call = {"chain_id": CHAIN_ID, "to": purchase.dollar, "data": data, "value": "0"}
    shop.send(purchase.buyer, call, mine=False)
