"""Purchases of which the test decides what the wallet sends, and when it is mined."""

from dataclasses import replace

from souk.core.addresses import ZERO_ADDRESS, Address, checksum_address
from souk.embedded.anvil import CHAIN_ID
from souk.modules.accounts.service import Accounts
from souk.modules.payments.domain import EscrowChoice, PaymentMethod
from souk.modules.payments.service import Following, Payments
from tests.support import mocks
from tests.support.chain_builders import DEPLOYER
from tests.support.shop import Person, Shop

GWEI = 10**9


class Purchase:
    """A buyer with a placed checkout of one order, who pays in the chain's own coin."""

    def __init__(self, shop: Shop, buyer: Person | None = None) -> None:
        self.shop = shop
        self.buyer = buyer or shop.person("buyer")
        placed = shop.place(self.buyer, (shop.listing(shop.seller()), 1))
        self.order_id = placed["orders"][0]["id"]
        self.payment_id = placed["payment"]["payment_id"]
        (self.call,) = placed["payment"]["action"]["calls"]

    def send(self, call: dict | None = None, *, nonce: int | None = None, tip: int = GWEI) -> str:
        """The wallet sends a call, or another, and nobody mines it yet."""
        raw = signed(self, call, nonce=nonce, tip=tip)
        return str(self.shop.chain.call("eth_sendRawTransaction", raw))

    @property
    def nonce(self) -> int:
        count = self.shop.chain.call("eth_getTransactionCount", self.buyer.address, "latest")
        return int(str(count), 16)

    def cancel_in_wallet(self, nonce: int) -> str:
        """Nothing to oneself, in the place of what was sent."""
        return self.send(
            {"to": self.buyer.address, "data": "0x", "value": "0"}, nonce=nonce, tip=10 * GWEI
        )

    def hand_in(self, transaction_hash: str) -> None:
        path = f"/api/payments/{self.payment_id}/confirm"
        body = {"transaction_hash": transaction_hash}
        answer = self.shop.ask(self.buyer, "POST", path, body)
        assert answer.status_code == 200, answer.text

    def ask_again(self) -> dict:
        """What the buyer gets who asks once more how to pay."""
        body = {"payment_id": self.payment_id, **self.shop.choice(self.buyer)}
        answer = self.shop.ask(self.buyer, "POST", "/api/payments/process", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def pay(self) -> None:
        """Sign what is asked for, and let it count."""
        self.shop.sign(self.buyer, self.ask_again()["action"])
        self.shop.follow(blocks=2)

    def look(self, *, blocks: int = 2) -> int:
        """The chain goes on, and the worker looks at what was handed in."""
        self.shop.follow(blocks=blocks)
        found = self.shop.container.get(Following).follow_sent(CHAIN_ID)
        # What was found is told to those who keep pages of it.
        self.shop.follow()
        return found

    @property
    def page(self) -> dict:
        return self.shop.ask(self.buyer, "GET", f"/api/payments/{self.payment_id}").json()

    @property
    def attempt(self) -> dict:
        (attempt,) = self.page["attempts"]
        return attempt

    @property
    def status(self) -> str:
        return str(self.attempt["status"])

    @property
    def order_status(self) -> str:
        return str(self.shop.order(self.buyer, self.order_id)["status"])

    @property
    def held(self) -> int:
        """What the contract holds."""
        return self.shop.balance(self.shop.deployment.escrow.address)


def signed(
    purchase: Purchase, call: dict | None = None, *, nonce: int | None = None, tip: int = GWEI
) -> str:
    """What `send` would send, sent to nobody."""
    wallet, wanted = purchase.buyer.wallet, call or purchase.call
    transaction = wallet.sign_transaction(
        {
            "chainId": CHAIN_ID,
            "nonce": purchase.nonce if nonce is None else nonce,
            "to": wanted["to"],
            "data": wanted["data"],
            "value": int(wanted["value"]),
            "gas": 1_000_000,
            "maxFeePerGas": 100 * tip,
            "maxPriorityFeePerGas": tip,
        }
    )
    return str(transaction.raw_transaction.to_0x_hex())


def path(purchase: Purchase) -> list[str]:
    """Every status that the order has had."""
    history = purchase.shop.order(purchase.buyer, purchase.order_id)["history"]
    return [step["to"] for step in history]


def holds(purchase: Purchase) -> list[str]:
    """What holds the order up."""
    page = purchase.shop.order(purchase.buyer, purchase.order_id)
    return [each["kind"] for each in page["holds"]]


class SmartPurchase(Purchase):
    """A purchase paid by a wallet that is a contract, for which its owner sends."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.buyer = shop, shop.person("buyer")
        self.wallet = self._deployed()
        placed = shop.place(self.buyer, (shop.listing(shop.seller()), 1), pay=False)
        self.order_id = placed["orders"][0]["id"]
        payments = shop.container.get(Payments)
        caller = shop.container.get(Accounts).authenticate(self.buyer.token)
        self.payment_id = payments.open(caller, placed["checkout_id"])
        # That a contract is the caller's cannot be proved over HTTP yet.
        owner = replace(caller, wallets=(self.wallet,))
        chosen = EscrowChoice(
            method=PaymentMethod.ESCROW, chain_id=CHAIN_ID, token=ZERO_ADDRESS, wallet=self.wallet
        )
        (call,) = payments.start_attempt(owner, self.payment_id, chosen).needs.calls
        self.call = call.to_json()

    def _deployed(self) -> Address:
        create = {"from": DEPLOYER, "data": mocks.bytecode("ExecutingWallet"), "gas": hex(10**6)}
        sent = self.shop.chain.call("eth_sendTransaction", create)
        self.shop.chain.mine()
        receipt = self.shop.chain.call("eth_getTransactionReceipt", sent)
        wallet = checksum_address(receipt["contractAddress"])
        self.shop.chain.call("anvil_setBalance", wallet, hex(10**21))
        return wallet

    def execute(self, call: dict, *, quiet: bool = False) -> str:
        """Have the wallet make a call; a failure is passed on, or kept quiet."""
        data = mocks.through_a_wallet(call["to"], int(call["value"]), call["data"], quiet=quiet)
        return self.send({"to": self.wallet, "data": data, "value": "0"})
