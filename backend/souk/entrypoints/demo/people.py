"""The people of the stories: a wallet, a session, and what one does over HTTP."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from souk.entrypoints.demo.client import Answer, Api
from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.node import Mined, Node
from souk.entrypoints.demo.waiting import StoryFailed, until
from souk.entrypoints.demo.wallet import COIN, Wallet


class Person:
    """Somebody with a wallet who has signed in."""

    def __init__(self, name: str, api: Api, node: Node, chain_id: int) -> None:
        self.name = name
        self.api = api
        self.node = node
        self.chain_id = chain_id
        self.wallet = Wallet(node, chain_id)
        self.token = ""
        self.account_id = ""
        self.message = ""
        self.signature = ""

    @property
    def address(self) -> str:
        """The wallet's address."""
        return self.wallet.address

    def sign_in(self) -> None:
        """EIP-4361: sign the offered message and get a session."""
        challenge = self.api.do("POST", "/api/auth/siwe/nonce")
        self.message = challenge["message_template"].text.replace("{address}", self.address)
        self.signature = self.wallet.sign_message(self.message)
        body = {"message": self.message, "signature": self.signature}
        session = self.api.do("POST", "/api/auth/siwe/verify", body)
        self.token, self.account_id = session["token"].text, session["account_id"].text

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request in this person's name, whatever it is answered with."""
        return self.api.ask(
            method, path, body, token=self.token, key=key, headers=headers, content=content
        )

    def do(
        self, method: str, path: str, body: object = None, *, key: str | None = None
    ) -> Document:
        """A request in this person's name that must succeed."""
        return self.api.do(method, path, body, token=self.token, key=key)

    def order(self, order_id: str) -> Document:
        """One of this person's orders, whole."""
        return self.do("GET", f"/api/orders/{order_id}")

    def move(self, order_id: str, status: str, **more: object) -> Document:
        """Ask for an order's next status."""
        return self.do("PUT", f"/api/orders/{order_id}/status", {"status": status, **more})

    def perform(self, action: Document) -> list[Mined]:
        """Sign and send the calls of an answer that needs this wallet's signature. Raises
        `StoryFailed` unless all of them went well."""
        if action["type"].text != "needs_signature" or action["by"].text != self.address:
            raise StoryFailed(f"{self.name} was to sign, but the answer is {action!r}")
        done = [self.node.include(self.wallet.sign_call(call)) for call in action["calls"]]
        for mined in done:
            if not mined.succeeded:
                raise StoryFailed(f"transaction {mined.hash} of {self.name} was reverted")
        return done


@dataclass(frozen=True, slots=True)
class Listing:
    """Something on sale."""

    id: str
    title: str
    cents: int
    stock: int


class Merchant(Person):
    """Somebody who has a store."""

    store_id = ""

    @property
    def store_path(self) -> str:
        """Where everybody reads the store's profile."""
        return f"/api/marketplace/sellers/{self.store_id}"

    def open_store(self) -> str:
        """Open the store and return its id. Its handle is new each time."""
        body = {
            "name": self.name,
            "handle": f"demo-{secrets.token_hex(6)}",
            "payout_wallet": self.address,
            "location": "Istanbul",
        }
        self.store_id = self.do("POST", "/api/marketplace/sellers", body)["id"].text
        return self.store_id

    def edit_store(self, version: int, **changes: object) -> Answer:
        """Change what the store says about itself, as it was at a version."""
        return self.ask("PATCH", self.store_path, changes, headers={"If-Match": f'"{version}"'})

    def show_name(self, name: str, **proof: str) -> Answer:
        """Ask to have a name of ENS shown at the store."""
        body = {"ens_name": name, **proof}
        return self.ask("POST", "/api/ens/verify", body, key=secrets.token_hex(12))

    def list_goods(self, title: str, cents: int, *, stock: int, transit_days: int = 1) -> Listing:
        """Write a listing, put some on the shelf and put it on sale."""
        body = {
            "title": title,
            "price": {"amount": str(cents), "currency": "USD", "exponent": 2},
            "kind": "physical",
            "handling_days": 1,
            "transit_days": transit_days,
        }
        listing_id = self.do("POST", "/api/marketplace/products", body)["id"].text
        self.do("PUT", f"/api/marketplace/inventory/{listing_id}", {"on_hand": stock})
        self.do("POST", f"/api/marketplace/products/{listing_id}/publish")
        return Listing(listing_id, title, cents, stock)


class Shopper(Person):
    """Somebody who buys."""

    def pay_with(self, token: str = COIN) -> dict[str, object]:
        """How this person wants to pay."""
        return {
            "method": "ESCROW",
            "chain_id": self.chain_id,
            "token": token,
            "wallet": self.address,
        }

    def place(self, *listings: Listing, token: str = COIN, key: str | None = None) -> Document:
        """Order one of each, paying at once."""
        items = [{"listing_id": listing.id, "quantity": 1} for listing in listings]
        body = {"items": items, "pay": self.pay_with(token)}
        return self.do("POST", "/api/orders", body, key=key)

    def order_by_card(self, *listings: Listing) -> Document:
        """Order one of each, to be paid by a card that is entered at the provider."""
        items = [{"listing_id": listing.id, "quantity": 1} for listing in listings]
        return self.do("POST", "/api/orders", {"items": items, "pay": {"method": "CREDIT_CARD"}})

    def hand_in(self, placed: Document, mined: Mined) -> None:
        """Tell the server which transaction pays."""
        path = f"/api/payments/{placed['payment']['payment_id'].text}/confirm"
        self.do("POST", path, {"transaction_hash": mined.hash})


def settled_fee(amount: int, fee_bps: int) -> int:
    """What a full release of an amount costs its seller."""
    return amount * fee_bps // 10_000


def stock_of(person: Person, listing: Listing) -> tuple[int, int]:
    """What lies on the shelf and how many of it are reserved, as the owner sees it."""

    def look() -> tuple[int, int] | None:
        for own in person.do("GET", "/api/marketplace/products/mine")["data"]:
            if own["id"].text == listing.id:
                return own["on_hand"].number, own["reserved"].number
        return None

    return until(look, f"{listing.title} to be among the seller's listings")
