"""At the door: requests that must be refused, and that must leave nothing behind."""

from collections.abc import Callable, Mapping

from souk.entrypoints.demo.books import count_orders
from souk.entrypoints.demo.client import Answer
from souk.entrypoints.demo.evidence import Door, OrderEvidence
from souk.entrypoints.demo.people import Listing
from souk.entrypoints.demo.wallet import Wallet
from souk.entrypoints.demo.world import World

_UNKNOWN_LISTING = "prd_01h455vb4pex5vsknk084sn02q"
_BEYOND = "1" + "0" * 78
_BODY_CAP = 1_048_576

Try = Callable[[], Answer]


def play(world: World, order: OrderEvidence) -> Door:
    """Try everything that must not work, some of it on an order of somebody else."""
    buyer = world.buyer
    last = world.sellers[0].list_goods("Clay cup, a single piece", 800, stock=1)
    gone = world.sellers[0].list_goods("Clay cup, sold", 800, stock=0)
    before = count_orders(world.connection, buyer.account_id)
    tries = {
        **_at_sign_in(world),
        **_of_others(world, order),
        **_of_orders(world, last, gone),
        **_of_bodies(world, last),
    }
    answers = {}
    for name, attempt in tries.items():
        answers[name] = world.api.ask_in_time(attempt)
        world.narrator.say("stranger", name, status=answers[name].brief)
    return Door(
        answers=answers,
        orders_before=before,
        orders_after=count_orders(world.connection, buyer.account_id),
        pages=_pages(world, last),
    )


def _at_sign_in(world: World) -> Mapping[str, Try]:
    buyer, api = world.buyer, world.api
    stranger = Wallet(world.node, world.chain_id)

    def verify(message: str, signature: str) -> Answer:
        body = {"message": message, "signature": signature}
        return api.ask("POST", "/api/auth/siwe/verify", body)

    def forged() -> Answer:
        template = api.do("POST", "/api/auth/siwe/nonce")["message_template"].text
        message = template.replace("{address}", buyer.address)
        return verify(message, stranger.sign_message(message))

    def elsewhere() -> Answer:
        template = api.do("POST", "/api/auth/siwe/nonce")["message_template"].text
        message = template.replace("{address}", buyer.address)
        message = message.replace(f"Chain ID: {world.chain_id}", "Chain ID: 424242")
        return verify(message, buyer.wallet.sign_message(message))

    return {
        "signs in again with a used nonce": lambda: verify(buyer.message, buyer.signature),
        "signs in with another's key": forged,
        "signs in for another chain": elsewhere,
        "sends a token nobody was given": lambda: api.ask(
            "GET", "/api/auth/session", token="x" * 43
        ),
    }


def _of_others(world: World, order: OrderEvidence) -> Mapping[str, Try]:
    """`order` was sold by the first seller; the second has no part in it."""
    seller, stranger = world.sellers
    path = f"/api/orders/{order.rows.order.id}"
    ship = {"status": "shipped"}
    return {
        "reads an order without a session": lambda: world.api.ask("GET", path),
        "reads another's order": lambda: stranger.ask("GET", path),
        "ships another's order": lambda: stranger.ask("PUT", f"{path}/status", ship, key="s"),
        "reads another's terms": lambda: stranger.ask("GET", f"{path}/terms"),
        "lists another's purchases": lambda: stranger.ask(
            "GET", f"/api/orders/buyer/{world.buyer.account_id}"
        ),
        "forges a timeline key": lambda: world.api.ask(
            "GET", f"{path}/timeline?key=4102444800.{'0' * 32}"
        ),
        "opens a stream without a key": lambda: world.api.ask("GET", f"{path}/events"),
        "releases as the seller": lambda: seller.ask(
            "PUT", f"{path}/status", {"status": "completed"}, key="r"
        ),
        "ships what is completed": lambda: seller.ask("PUT", f"{path}/status", ship, key="s"),
    }


def _of_orders(world: World, last: Listing, gone: Listing) -> Mapping[str, Try]:
    buyer = world.buyer

    def order(body: object, key: str | None = "fresh") -> Try:
        name = None if key is None else f"{key}-{last.id}"
        return lambda: buyer.ask("POST", "/api/orders", body, key=name)

    def items(product: str, quantity: int = 1) -> dict[str, object]:
        return {"items": [{"listing_id": product, "quantity": quantity}]}

    def pay(**change: object) -> dict[str, object]:
        return {**items(last.id), "pay": {**buyer.pay_with(), **change}}

    return {
        "orders what is sold out": order(items(gone.id), "gone"),
        "orders more than there is": order(items(last.id, 2), "more"),
        "orders what does not exist": order(items(_UNKNOWN_LISTING), "unknown"),
        "orders nothing": order({"items": []}, "nothing"),
        "orders without an idempotency key": order(items(last.id), None),
        "pays on an unknown chain": order(pay(chain_id=424242), "chain"),
        "pays with an unknown token": order(pay(token=world.escrow.address), "token"),
        "pays from an unproved wallet": order(pay(wallet=_stranger(world)), "wallet"),
        "pays from a mistyped wallet": order(pay(wallet=_mistyped(buyer.address)), "typo"),
    }


def _of_bodies(world: World, last: Listing) -> Mapping[str, Try]:
    buyer, seller = world.buyer, world.sellers[0]

    def post(content: bytes, key: str) -> Try:
        return lambda: buyer.ask("POST", "/api/orders", content=content, key=f"{key}-{last.id}")

    def price(amount: str) -> Answer:
        return seller.ask(
            "PATCH",
            f"/api/marketplace/products/{last.id}",
            {"price": {"amount": amount}},
        )

    nul = b'{"items": [{"listing_id": "prd_\\u0000", "quantity": 1}]}'
    return {
        "sends a NUL character": post(nul, "nul"),
        "sends half a document": post(b'{"items": [', "half"),
        "sends a field nobody knows": post(b'{"itemz": []}', "field"),
        "sends more than a megabyte": post(b" " * (_BODY_CAP + 1) + b"{}", "big"),
        "asks for an id that is none": lambda: buyer.ask("GET", "/api/orders/42"),
        "asks for a price past 2^256": lambda: price(_BEYOND),
    }


def _stranger(world: World) -> str:
    return Wallet(world.node, world.chain_id).address


def _mistyped(address: str) -> str:
    """One letter in the wrong case, which EIP-55's checksum notices."""
    place = next(i for i, c in enumerate(address) if i > 1 and c.isalpha())
    return address[:place] + address[place].swapcase() + address[place + 1 :]


def _pages(world: World, listing: Listing) -> Mapping[str, Answer]:
    """What anybody may look at."""
    paths = {
        "home": "/",
        "listing": f"/listings/{listing.id}",
        "reference": "/reference",
        "openapi": "/openapi.json",
        "ready": "/health/ready",
        "live": "/health/live",
        "config": "/api/config",
        "product": f"/api/marketplace/products/{listing.id}",
        "products": "/api/marketplace/products?limit=5",
    }
    return {name: world.api.ask("GET", path) for name, path in paths.items()}
