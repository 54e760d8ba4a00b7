"""Somebody who wants to buy something for fifty dollars, and what is in the wallet."""

import json
from dataclasses import dataclass

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.crypto import keccak

from tests.support.rail_builders import tell
from tests.support.shop import Person, Shop

CENT = 10**4
"""Of a dollar token."""
ETHER = 10**18


@dataclass
class Purchase:
    """A placed checkout whose payment is opened."""

    shop: Shop
    buyer: Person
    placed: dict
    payment_id: str

    @property
    def dollar(self) -> str:
        """The dollar token of the chain."""
        return self.shop.deployment.tokens[0].address

    @property
    def listing(self) -> str:
        return self.placed["listing"]

    def choice(self, **changes: object) -> dict:
        """Paying in dollars by calls."""
        plain = {"payment_id": self.payment_id, **self.shop.choice(self.buyer, self.dollar)}
        return {**plain, **changes}

    def ask(self, method: str, path: str, body: object = None):
        return self.shop.ask(self.buyer, method, f"/api/payments{path}", body)

    def process(self, **changes: object):
        return self.ask("POST", "/process", self.choice(**changes))

    def crypto(self, **changes: object):
        """Leave all to the router that is not named."""
        body = {"payment_id": self.payment_id, "method": "CRYPTO", **changes}
        return self.ask("POST", "/process", body)

    def validate(self, **changes: object) -> dict:
        answer = self.ask("POST", "/validate", self.choice(**changes))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def alternatives(self) -> list[dict]:
        answer = self.ask("GET", f"/alternatives?payment_id={self.payment_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def sign(self, started: dict, who: Person | None = None) -> str:
        """What a wallet answers to the message that is to be signed."""
        message = json.loads(json.dumps(started["action"]["typed_data"]))
        wallet = (who or self.buyer).wallet
        return "0x" + bytes(wallet.sign_typed_data(full_message=message).signature).hex()

    def hand_in(self, signature: str, **more: object):
        """The signature, with a fresh key."""
        body = {"signature": signature, **more}
        return self.ask("POST", f"/{self.payment_id}/signature", body)

    def payment(self) -> dict:
        return self.ask("GET", f"/{self.payment_id}").json()

    def has(self, *, cents: int | None = None, coin: int | None = None) -> "Purchase":
        """From now on the wallet holds so much more of dollars, and so much of the coin."""
        if cents is not None:
            tell(
                self.shop.chain,
                self.dollar,
                "mint(address,uint256)",
                self.buyer.address,
                cents * CENT,
            )
        if coin is not None:
            self.shop.chain.call("anvil_setBalance", self.buyer.address, hex(coin))
        return self


def a_purchase(shop: Shop, *, cents: int = 5_000, buyer: Person | None = None) -> Purchase:
    """Of one thing at this price."""
    listing = shop.listing(shop.seller(), cents=cents)
    who = buyer or shop.person("bruno")
    placed = shop.place(who, (listing, 1), pay=False)
    body = {"checkout_id": placed["checkout_id"]}
    opened = shop.ask(who, "POST", "/api/payments", body)
    assert opened.status_code == 201, opened.text
    return Purchase(shop, who, {**placed, "listing": listing}, opened.json()["id"])


def another_wallet(shop: Shop, owner: Person) -> str:
    """One more wallet of the same account, with coin in it; its address."""
    wallet = Account.from_key(keccak(f"another of {owner.address}".encode()))
    shop.chain.call("anvil_setBalance", wallet.address, hex(1_000 * ETHER))
    challenge = shop.ask(None, "POST", "/api/auth/siwe/nonce").json()
    message = challenge["message_template"].replace("{address}", wallet.address)
    signature = wallet.sign_message(encode_defunct(text=message)).signature.to_0x_hex()
    body = {"message": message, "signature": signature}
    added = shop.ask(owner, "POST", "/api/auth/wallets", body)
    assert added.is_success, added.text
    return str(wallet.address)


def symbols(ways: list[dict]) -> list[str]:
    """What can be paid in, the best first."""
    return [way["symbol"] for way in ways if way["possible"]]
