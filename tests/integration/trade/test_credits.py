"""A seller whose wallet could not be paid sees the money that waits, and fetches it."""

from tests.support.shop import NATIVE, Person, Shop

REFUSES = "0xfe"  # the invalid opcode: a contract that takes no coin
ELSEWHERE = "0x7777777777777777777777777777777777777777"
CREDITS = "/api/payments/credits"


def a_failed_payout(shop: Shop, seller: Person) -> int:
    """An order whose release the seller's wallet did not take; what the seller should have."""
    buyer = shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    release = shop.move(buyer, order_id, "completed").json()["action"]
    shop.chain.call("anvil_setCode", seller.address, REFUSES)
    shop.sign(buyer, release)
    shop.chain.call("anvil_setCode", seller.address, "0x")
    shop.follow(blocks=2)
    order = shop.order(seller, order_id)
    assert (order["status"], order["payment_status"]) == ("completed", "released")
    [money] = order["money"]
    return int(money["released"]["amount"]) - int(money["fee"]["amount"])


def waiting(shop: Shop, who: Person) -> list[dict]:
    answer = shop.ask(who, "GET", f"{CREDITS}?chain_id=31337")
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def withdraw(shop: Shop, who: Person, wallet: str, to: str = ELSEWHERE):
    body = {"chain_id": 31337, "token": NATIVE, "wallet": wallet, "to": to}
    return shop.ask(who, "POST", f"{CREDITS}/withdraw", body)


def test_shows_a_seller_the_payout_that_failed(shop: Shop) -> None:
    seller = shop.seller()
    due = a_failed_payout(shop, seller)

    [credit] = waiting(shop, seller)

    assert (credit["wallet"], credit["token"]) == (seller.address, NATIVE)
    assert credit["amount"]["amount"] == str(due)


def test_shows_what_waits_for_the_wallet_that_is_asked_for(shop: Shop) -> None:
    seller = shop.seller()
    a_failed_payout(shop, seller)

    answer = shop.ask(seller, "GET", f"{CREDITS}?chain_id=31337&wallet={seller.address.lower()}")

    assert [credit["wallet"] for credit in answer.json()["data"]] == [seller.address]


def test_shows_nothing_of_a_wallet_that_the_caller_has_not_proved(shop: Shop) -> None:
    seller, stranger = shop.seller(), shop.person("stranger")

    answer = shop.ask(stranger, "GET", f"{CREDITS}?chain_id=31337&wallet={seller.address}")

    assert (answer.status_code, answer.json()["code"]) == (403, "not_yours")


def test_pays_it_to_the_address_that_the_seller_names(shop: Shop) -> None:
    seller = shop.seller()
    due = a_failed_payout(shop, seller)

    shop.sign(seller, withdraw(shop, seller, seller.address).json())

    assert (shop.balance(ELSEWHERE), waiting(shop, seller)) == (due, [])


def test_shows_nobody_what_waits_for_another(shop: Shop) -> None:
    a_failed_payout(shop, shop.seller())

    assert waiting(shop, shop.person("stranger")) == []


def test_prepares_nothing_for_a_wallet_that_the_caller_has_not_proved(shop: Shop) -> None:
    seller, stranger = shop.seller(), shop.person("stranger")

    assert withdraw(shop, stranger, seller.address).status_code == 403


def test_says_that_nothing_waits(shop: Shop) -> None:
    seller = shop.seller()

    answer = withdraw(shop, seller, seller.address)

    assert (answer.status_code, answer.json()["code"]) == (422, "escrow_nothing_due")


def test_knows_no_credits_on_a_chain_that_is_not_on_offer(shop: Shop) -> None:
    answer = shop.ask(shop.seller(), "GET", f"{CREDITS}?chain_id=1")

    assert (answer.status_code, answer.json()["code"]) == (422, "method_unavailable")
