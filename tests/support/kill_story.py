"""The first story: a purchase from the seller's sign-in to the money in the seller's wallet.

It is told by people who are hard to discourage: clients that repeat, wallets that remember, and
a seller and buyer who ask again when the chain has lost what they had done.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.buyer_client import Refused
from tests.support.buyer_wallet import BuyerWallet, Signed
from tests.support.kill_blow import KillBlow
from tests.support.kill_points import EVENTS, WATCHER, Victim
from tests.support.kill_world import CHAIN_ID, KillWorld

STOCK = 3
CENTS = 4_200
_COIN = "0x" + "0" * 40
_UNDELIVERED = (
    "SELECT count(*) FROM outbox WHERE name = %s AND payload ->> 'kind' = %s"
    " AND payload ->> 'escrow_id' = %s AND delivered_at IS NULL"
)
_OPEN_HOLDS = "SELECT count(*) FROM order_hold WHERE order_id = %s AND closed_at IS NULL"


@dataclass
class Person:
    """Somebody who has signed in."""

    wallet: BuyerWallet
    token: str
    account_id: str
    sent: list[Signed]


class KillStory:
    """One telling of it; the attributes say what the oracle must know."""

    def __init__(self, world: KillWorld, blow: KillBlow) -> None:
        self._world = world
        self._blow = blow
        self._ask = world.client.ask
        self.seller: Person
        self.buyer: Person
        self.listing_id = ""
        self.order_id = ""
        self.escrow_id = ""

    def play(self) -> None:
        """From the first request to the completed order."""
        wallets = self._world.wallet(), self._world.wallet()
        self._blow.at("before-it-begins")
        self.seller = self._signed_in("seller", wallets[0])
        self._open_shop()
        self.buyer = self._signed_in("buyer", wallets[1])
        self._pay(self._place())
        self._deliver()
        self._release()

    def _signed_in(self, who: str, wallet: BuyerWallet) -> Person:
        session = self._blow.during({f"{who}-signing-in": "session"}, lambda: self._sign_in(wallet))
        self._blow.at(f"{who}-signed-in")
        return Person(wallet, session["token"], session["account_id"], [])

    def _sign_in(self, wallet: BuyerWallet) -> dict:
        challenge = self._ask("POST", "/api/auth/siwe/nonce")
        message = challenge["message_template"].replace("{address}", wallet.address)
        body = {"message": message, "signature": wallet.sign_text(message)}
        try:
            return self._ask("POST", "/api/auth/siwe/verify", body)
        except Refused as refusal:
            # The answer to an earlier try was lost after it had used up the nonce.
            if refusal.code != "nonce_unusable":
                raise
            self._world.happened["signed in again"] += 1
            return self._sign_in(wallet)

    # The shop ---------------------------------------------------------------------------------

    def _open_shop(self) -> None:
        self._step("opening-store", "seller", "store-opened", self._open_store)
        self.listing_id = self._step("listing", "listing", "listed", self._list)["id"]
        self._step("stocking", "stock_item", "stocked", self._stock)
        self._step("publishing", "listing", "published", self._publish)

    def _step(self, inside: str, table: str, after: str, act: Callable[[], dict]) -> dict:
        done = self._blow.during({inside: table}, act)
        self._blow.at(after)
        return done

    def _open_store(self) -> dict:
        address = self.seller.wallet.address
        body = {
            "name": "Copper",
            "handle": f"copper-{address[2:14].lower()}",
            "payout_wallet": address,
        }
        return self._ask("POST", "/api/marketplace/sellers", body, token=self.seller.token)

    def _list(self) -> dict:
        body = {
            "title": "Copper pot",
            "price": {"amount": str(CENTS), "currency": "USD", "exponent": 2},
            "kind": "physical",
            "handling_days": 1,
            "transit_days": 1,
        }
        return self._ask("POST", "/api/marketplace/products", body, token=self.seller.token)

    def _stock(self) -> dict:
        path = f"/api/marketplace/inventory/{self.listing_id}"
        return self._ask("PUT", path, {"on_hand": STOCK}, token=self.seller.token)

    def _publish(self) -> dict:
        path = f"/api/marketplace/products/{self.listing_id}/publish"
        return self._ask("POST", path, token=self.seller.token)

    # The payment ------------------------------------------------------------------------------

    def _place(self) -> dict:
        pay = {
            "method": "ESCROW",
            "chain_id": CHAIN_ID,
            "token": _COIN,
            "wallet": self.buyer.wallet.address,
        }
        body = {"items": [{"listing_id": self.listing_id, "quantity": 1}], "pay": pay}
        placed = self._blow.during(
            {"placing": "checkout", "starting-payment": "payment_attempt"},
            lambda: self._ask("POST", "/api/orders", body, token=self.buyer.token),
        )
        self._blow.at("placed")
        self.order_id = placed["orders"][0]["id"]
        self.escrow_id = self._world.value(
            "SELECT escrow_id FROM payment_attempt_leg WHERE order_id = %s", self.order_id
        )
        return placed["payment"]

    def _pay(self, payment: dict) -> None:
        signed = self._sign(self.buyer, payment["action"], "payment")
        with (
            self._blow.holding(WATCHER, "handing-in-hash", "payment-included"),
            self._blow.holding(EVENTS, "payment-seen", "payment-reached"),
        ):
            self._hand_over("payment")
            self._blow.during(
                {"handing-in-hash": "payment_attempt"}, lambda: self._hand_in(payment, signed)
            )
            self._happen("payment", "paid")
        self._await_status("paid", "paid")

    def _hand_in(self, payment: dict, signed: Signed) -> dict:
        path = f"/api/payments/{payment['payment_id']}/confirm"
        return self._ask("POST", path, {"transaction_hash": signed.hash}, token=self.buyer.token)

    # The delivery -----------------------------------------------------------------------------

    def _deliver(self) -> None:
        self._step("accepting", "order_status_history", "accepted", self._accept)
        self._send(self._blow.during({"shipping": "order_tracking_event"}, self._ship))
        self._await_status("shipped", "shipped")
        self._step("confirming-delivery", "order_status_history", "delivered", self._receive)

    def _accept(self) -> dict:
        return self._move(self.seller, "processing")

    def _ship(self) -> dict:
        tracking = {"carrier": "Posta", "code": "RR123456785TR"}
        return self._move(self.seller, "shipped", tracking=tracking)

    def _send(self, shipped: dict) -> None:
        self._act(self.seller, shipped["action"], "fulfilment", "fulfilled")

    def _receive(self) -> dict:
        return self._move(self.buyer, "delivered")

    def _release(self) -> None:
        asked = self._blow.during(
            {"asking-release": "idempotency_key"}, lambda: self._move(self.buyer, "completed")
        )
        self._act(self.buyer, asked["action"], "release", "settled")
        self._await_status("completed", "completed")

    def _move(self, who: Person, status: str, **more: object) -> dict:
        path, body = f"/api/orders/{self.order_id}/status", {"status": status, **more}
        while True:
            try:
                return self._ask("PUT", path, body, token=who.token)
            except Refused as refusal:
                # A chain that lost its last blocks takes back what they held.
                if not (self._blow.victim is Victim.ANVIL and self._blow.struck):
                    raise
                self._world.happened[f"asked again: {refusal.code}"] += 1
                self._world.until(self._stands_again, f"the order to stand again ({refusal})")

    def _stands_again(self) -> bool:
        """Whether everything that was signed is in blocks that count again."""
        self._world.kept.require_mined()
        self._world.node.mine()
        held_up = self._world.value(_OPEN_HOLDS, self.order_id)
        return not held_up and self._status() != "pending_payment"

    # Calls that wallets sign ------------------------------------------------------------------

    def _act(self, who: Person, action: dict, name: str, kind: str) -> None:
        self._sign(who, action, name)
        with (
            self._blow.holding(WATCHER, f"{name}-included"),
            self._blow.holding(EVENTS, f"{name}-seen", f"{name}-reached"),
        ):
            self._hand_over(name)
            self._happen(name, kind)

    def _sign(self, who: Person, action: dict, name: str) -> Signed:
        assert (action["type"], action["by"]) == ("needs_signature", who.wallet.address)
        (call,) = action["calls"]
        self._world.until(lambda: self._would_pass(who, call), f"the {name} to be possible")
        signed = who.wallet.sign(call["to"], data=call["data"], value=int(call["value"]))
        who.sent.append(signed)
        self._world.kept.keep(signed)
        self._blow.at(f"{name}-signed")
        return signed

    def _would_pass(self, who: Person, call: dict) -> bool:
        """As every wallet does before it asks for a signature."""
        self._world.kept.require_mined()
        fields = {"from": who.wallet.address, "to": call["to"], "data": call["data"]}
        value = hex(int(call["value"]))
        return self._world.node.number("eth_estimateGas", {**fields, "value": value}) > 0

    def _hand_over(self, name: str) -> None:
        self._world.patiently(self._world.kept.hand_over, f"the {name} to be handed over")
        self._blow.at(f"{name}-sent")

    def _happen(self, name: str, kind: str) -> None:
        """The call gets into a block, and its event goes through the outbox twice: as seen, and
        with enough blocks on top."""
        with self._blow.meanwhile(f"{name}-moving", "order_status_history"):
            with self._blow.meanwhile(f"{name}-noting", "payment_observation"):
                self._include(name)
                self._pass_outbox(name, "seen", kind)
            self._world.mine()
            self._pass_outbox(name, "reached", kind)

    def _include(self, name: str) -> None:
        with self._blow.meanwhile(f"{name}-taking-in", "chain_event"):
            self._world.patiently(self._world.kept.require_mined, f"the {name} to be mined")
        self._blow.at(f"{name}-included")

    def _pass_outbox(self, name: str, stage: str, kind: str) -> None:
        if self._blow.chosen(f"{name}-{stage}"):
            self._await_message(stage, kind)
        self._blow.at(f"{name}-{stage}")

    def _await_message(self, stage: str, kind: str) -> None:
        name = f"chain.escrow_event_{stage}"
        self._world.until(
            lambda: self._world.value(_UNDELIVERED, name, kind, self.escrow_id),
            f"{name} {kind} to wait in the outbox",
        )

    def _await_status(self, status: str, point: str) -> None:
        self._world.until(lambda: self._status() == status, f"the order to be {status}")
        self._blow.at(point)

    def _status(self) -> str:
        page = self._ask("GET", f"/api/orders/{self.order_id}", token=self.buyer.token)
        return page["status"]
