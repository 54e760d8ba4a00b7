"""Sellers who are paid on a chain by a wallet of their own, against a real chain."""

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from souk.core.addresses import checksum_address
from souk.embedded.anvil import CHAIN_ID
from souk.modules.books.service import Books
from tests.support import mocks
from tests.support.reconciling import lately
from tests.support.shop import Person, Shop

SELLERS = "/api/marketplace/sellers"


def signed(shop: Shop, address: str, key: LocalAccount) -> dict:
    """A message about a wallet, signed by a key."""
    challenge = shop.api("POST", "/api/auth/siwe/nonce").json()
    message = challenge["message_template"].replace("{address}", address)
    signature = key.sign_message(encode_defunct(text=message)).signature.to_0x_hex()
    return {"message": message, "signature": signature}


def step_up(shop: Shop, person: Person) -> None:
    """Prove anew who it is; the proof comes with another token."""
    body = signed(shop, person.address, person.wallet)
    proved = shop.ask(person, "POST", "/api/auth/step-up", body)
    assert proved.status_code == 200, proved.text
    person.token = proved.json()["token"]


def prove(shop: Shop, person: Person, address: str, key: LocalAccount) -> None:
    """Add another wallet to the account."""
    proved = shop.ask(person, "POST", "/api/auth/wallets", signed(shop, address, key))
    assert proved.status_code == 201, proved.text
    step_up(shop, person)


def a_safe(shop: Shop, owner: Person) -> str:
    """A wallet on the chain that is a contract, of which the owner's key is the owner."""
    code = mocks.bytecode("ContractWallet") + encode(["address"], [owner.address]).hex()
    call = {"chain_id": CHAIN_ID, "data": code, "value": "0"}
    sent = shop.send(owner, {**call, "to": b""})
    receipt = shop.chain.call("eth_getTransactionReceipt", sent)
    return checksum_address(receipt["contractAddress"])


def pay_to(shop: Shop, seller: Person, wallets: dict) -> None:
    version = shop.ask(None, "GET", f"{SELLERS}/{seller.seller_id}").json()["version"]
    answer = shop.api(
        "PATCH",
        f"{SELLERS}/{seller.seller_id}",
        {"payout_wallets": wallets},
        token=seller.token,
        If_Match=f'"{version}"',
    )
    assert answer.status_code == 200, answer.text


@pytest.fixture
def seller(shop: Shop) -> Person:
    return shop.seller()


@pytest.fixture
def safe(shop: Shop, seller: Person) -> str:
    """A contract to which the seller is paid on the chain."""
    address = a_safe(shop, seller)
    prove(shop, seller, address, seller.wallet)
    pay_to(shop, seller, {str(CHAIN_ID): address})
    return address


def assert_sound(shop: Shop) -> None:
    """The books balance, and the contract says the same as they do."""
    assert shop.container.get(Books).check() == []
    report = lately(shop)
    assert (report.failure, report.open, report.legs > 0) == (None, 0, True)


def complete(shop: Shop, buyer: Person, order_id: str) -> int:
    """The buyer has the money released; what the seller gets of it."""
    shop.sign(buyer, shop.move(buyer, order_id, "completed").json()["action"])
    shop.follow(blocks=2)
    [money] = shop.order(buyer, order_id)["money"]
    return int(money["held"]["amount"]) - int(money["fee"]["amount"])


def test_contract_gets_the_money_of_its_chain(shop: Shop, seller: Person, safe: str) -> None:
    buyer = shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]
    before = shop.balance(seller.address)

    paid = complete(shop, buyer, order_id)

    assert (shop.balance(safe), shop.balance(seller.address)) == (paid, before)
    assert shop.order(seller, order_id)["payment_status"] == "released"
    assert_sound(shop)


def test_open_order_pays_where_it_said_when_the_store_is_paid_elsewhere(
    shop: Shop, seller: Person, safe: str
) -> None:
    buyer, listing = shop.person("buyer"), shop.listing(seller)
    placed = shop.place(buyer, (listing, 1))
    step_up(shop, seller)
    pay_to(shop, seller, {})
    shop.sign(buyer, placed["payment"]["action"])
    shop.follow(blocks=2)
    later = shop.paid(buyer, (listing, 1))["orders"][0]["id"]
    before = shop.balance(seller.address)

    paid = complete(shop, buyer, placed["orders"][0]["id"])
    assert (shop.balance(safe), shop.balance(seller.address)) == (paid, before)

    gained = complete(shop, buyer, later)
    assert (shop.balance(safe), shop.balance(seller.address)) == (paid, before + gained)
    assert_sound(shop)


def test_money_goes_back_by_the_wallet_that_would_have_got_it(shop: Shop, seller: Person) -> None:
    """What a seller signs is asked of the wallet of the chain, not of the default."""
    own = Account.create()
    shop.chain.call("anvil_setBalance", own.address, hex(10**20))
    prove(shop, seller, own.address, own)
    pay_to(shop, seller, {str(CHAIN_ID): own.address})
    buyer = shop.person("buyer")
    order_id = shop.paid(buyer, (shop.listing(seller), 1))["orders"][0]["id"]

    action = shop.move(seller, order_id, "cancelled", reason="broken").json()["action"]
    assert action["by"] == own.address
    shop.sign(Person(own, seller.token, seller.account_id), action)
    shop.follow(blocks=2)

    order = shop.order(buyer, order_id)
    assert (order["status"], order["payment_status"]) == ("cancelled", "refunded")
    assert_sound(shop)
