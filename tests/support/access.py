"""Somebody who has one of everything, and what a request about each of these things looks like."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Engine, text

from souk.core.db import Base
from souk.core.unit_of_work import UnitOfWork
from souk.modules.accounts.repository import emails
from tests.support.pictures import an_image
from tests.support.shop import CHAIN_ID, NATIVE, Person, Shop, proved

_SELLERS, _PRODUCTS = "/api/marketplace/sellers", "/api/marketplace/products"
_PAYMENTS, _ORDERS, _HOOKS = "/api/payments", "/api/orders", "/api/webhooks"

# What a request leaves behind about itself, whoever sent it.
_OF_REQUESTS = frozenset({"idempotency_key", "siwe_nonce"})

_KEY = {"name": "Stock-keeping", "scopes": ["catalogue:read"]}
_DRAFT = {
    "title": "Unseen",
    "price": {"amount": "900", "currency": "USD", "exponent": 2},
    "kind": "digital",
}


@dataclass(frozen=True)
class Owner:
    """Somebody with a store, goods, a cart, orders bought and sold, and a receiver of webhooks.
    Every id here is nobody else's business but `listing`, `seller`, `handle` and `image`."""

    person: Person
    seller: str
    listing: str
    draft: str
    cart: str
    bought: str
    sold: str
    checkout: str
    payment: str
    sale: str
    endpoint: str
    delivery: str
    member: str
    invitation: str
    session: str
    key: str
    email: str
    image: str
    exhibit: str
    evidence: str

    @property
    def secrets(self) -> set[str]:
        """What must stand in no answer to anybody else."""
        open_to_all = {"person", "seller", "listing", "image"}
        ids = {value for name, value in vars(self).items() if name not in open_to_all}
        return ids | {self.person.account_id, self.person.token}


def an_owner(shop: Shop) -> Owner:
    """Has everything made over HTTP, with people who are party to nothing else."""
    person, other, buyer = shop.seller("olga"), shop.seller("otto"), shop.person("bella")
    listing, goods = shop.listing(person), shop.listing(other)
    bought = shop.place(person, (goods, 1))
    sold = shop.paid(buyer, (listing, 1))
    draft = _made(shop, person, _PRODUCTS, _DRAFT)["id"]
    cart = _made(shop, person, "/api/carts")["id"]
    put = {"listing_id": goods, "quantity": 1}
    assert shop.ask(person, "PUT", f"/api/carts/{cart}/items", put).status_code < 300
    endpoint = _made(shop, person, f"{_HOOKS}/endpoints", {"url": "https://hooks.example/souk"})[
        "id"
    ]
    _made(shop, person, f"{_HOOKS}/endpoints/{endpoint}/test")
    exhibit = an_image(shop, person, purpose="evidence")["ipfs_hash"]
    sale = sold["orders"][0]["id"]
    log = shop.ask(person, "GET", f"{_HOOKS}/endpoints/{endpoint}/deliveries").json()
    return Owner(
        person=person,
        seller=person.seller_id,
        listing=listing,
        draft=draft,
        cart=cart,
        bought=bought["orders"][0]["id"],
        sold=sale,
        checkout=bought["checkout_id"],
        payment=bought["payment"]["payment_id"],
        sale=sold["payment"]["payment_id"],
        endpoint=endpoint,
        delivery=log["data"][0]["id"],
        member=_invited(shop, person, buyer),
        invitation=_invited(shop, other, person),
        session=shop.ask(person, "GET", "/api/auth/session").json()["session_id"],
        key=_made(shop, proved(shop, person), "/api/auth/api-keys", _KEY)["id"],
        email=_proved(shop, person),
        image=an_image(shop, person)["ipfs_hash"],
        exhibit=exhibit,
        evidence=_made(shop, person, f"{_ORDERS}/{sale}/evidence", {"ipfs_hash": exhibit})["id"],
    )


def _made(shop: Shop, who: Person, path: str, body: object = None) -> dict:
    answer = shop.ask(who, "POST", path, body)
    assert answer.status_code < 300, (path, answer.text)
    return answer.json()


def _proved(shop: Shop, who: Person) -> str:
    """An address, without the letters that it takes."""
    address = f"{who.seller_id}@sellers.example"
    with shop.container.get(UnitOfWork).begin() as tx:
        emails.bind(tx, who.account_id, address)
        tx.commit()
    return address


def _invited(shop: Shop, owner: Person, guest: Person) -> str:
    body = {"wallet": guest.address, "role": "read_only"}
    path = f"{_SELLERS}/{owner.seller_id}/team"
    return str(_made(shop, proved(shop, owner), path, body)["id"])


@dataclass(frozen=True)
class Asked:
    """What stands behind the method of an operation. Names in braces stand for the ids of an
    owner's things, and `{payer}` for the wallet of whoever asks."""

    where: str
    what: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def of(self, owner: Owner, who: Person | None) -> tuple[str, object]:
        """Path and body."""
        asking = owner.person if who is None else who
        names = {
            **vars(owner),
            "account": owner.person.account_id,
            "wallet": owner.person.address,
            "payer": asking.address,
        }
        return self.where.format_map(names), _filled(self.what, names)


def _at(path: str, body: object = None, **headers: str) -> Asked:
    return Asked(path, body, headers)


def _filled(part: object, names: Mapping[str, object]) -> object:
    if isinstance(part, str):
        return part.format_map(names)
    if isinstance(part, dict):
        return {key: _filled(value, names) for key, value in part.items()}
    return part


_ESCROW = {"method": "ESCROW", "chain_id": CHAIN_ID, "token": NATIVE, "wallet": "{payer}"}
_WITHDRAWN = {"chain_id": CHAIN_ID, "token": NATIVE, "wallet": "{wallet}", "to": "{wallet}"}
_ROLE = {"role": "manager"}
_REASONED = {"reason": "because"}

THEIRS: Mapping[str, Asked] = {
    "POST /api/marketplace/products": _at(_PRODUCTS, {**_DRAFT, "seller_id": "{seller}"}),
    "GET /api/marketplace/products/{listing_id}": _at(_PRODUCTS + "/{draft}"),
    "PATCH /api/marketplace/products/{listing_id}": _at(
        _PRODUCTS + "/{listing}", {"title": "Mine"}, If_Match='"2"'
    ),
    "PUT /api/marketplace/products/{listing_id}/images": _at(
        _PRODUCTS + "/{listing}/images", {"images": []}, If_Match='"3"'
    ),
    "POST /api/marketplace/products/{listing_id}/publish": _at(_PRODUCTS + "/{draft}/publish"),
    "POST /api/marketplace/products/{listing_id}/unpublish": _at(
        _PRODUCTS + "/{listing}/unpublish", {}
    ),
    "PUT /api/marketplace/inventory/{listing_id}": _at(
        "/api/marketplace/inventory/{listing}", {"on_hand": 4}
    ),
    "GET /api/carts/{cart_id}": _at("/api/carts/{cart}"),
    "PUT /api/carts/{cart_id}/items": _at(
        "/api/carts/{cart}/items", {"listing_id": "{listing}", "quantity": 2}
    ),
    "DELETE /api/carts/{cart_id}/items/{listing_id}": _at("/api/carts/{cart}/items/{listing}"),
    "GET /api/payments/credits": _at(
        f"{_PAYMENTS}/credits?chain_id={CHAIN_ID}&wallet=" + "{wallet}"
    ),
    "POST /api/payments/credits/withdraw": _at(f"{_PAYMENTS}/credits/withdraw", _WITHDRAWN),
    "POST /api/payments/validate": _at(
        f"{_PAYMENTS}/validate", {**_ESCROW, "payment_id": "{payment}"}
    ),
    "GET /api/payments/alternatives": _at(_PAYMENTS + "/alternatives?payment_id={payment}"),
    "POST /api/payments": _at(_PAYMENTS, {"checkout_id": "{checkout}"}),
    "POST /api/payments/process": _at(
        f"{_PAYMENTS}/process", {**_ESCROW, "payment_id": "{payment}"}
    ),
    "GET /api/payments/user/{user_id}": _at(_PAYMENTS + "/user/{account}"),
    "GET /api/payments/{payment_id}/action": _at(_PAYMENTS + "/{payment}/action"),
    "POST /api/payments/{payment_id}/confirm": _at(_PAYMENTS + "/{payment}/confirm", {}),
    "POST /api/payments/{payment_id}/cancel": _at(_PAYMENTS + "/{payment}/cancel"),
    "POST /api/payments/{payment_id}/refund": _at(
        _PAYMENTS + "/{sale}/refund", {"order_id": "{sold}", "amount": "1"}
    ),
    "GET /api/payments/order/{order_id}": _at(_PAYMENTS + "/order/{sold}"),
    "GET /api/payments/{payment_id}": _at(_PAYMENTS + "/{payment}"),
    "POST /api/payments/{payment_id}/signature": _at(
        _PAYMENTS + "/{payment}/signature", {"signature": "0x" + "11" * 65}
    ),
    "POST /api/marketplace/sellers/me/invitations/{member_id}/accept": _at(
        _SELLERS + "/me/invitations/{invitation}/accept"
    ),
    "DELETE /api/marketplace/sellers/me/invitations/{member_id}": _at(
        _SELLERS + "/me/invitations/{invitation}"
    ),
    "GET /api/marketplace/sellers/{seller}/team": _at(_SELLERS + "/{seller}/team"),
    "POST /api/marketplace/sellers/{seller}/team": _at(
        _SELLERS + "/{seller}/team", {"wallet": "0x" + "1" * 40, **_ROLE}
    ),
    "PATCH /api/marketplace/sellers/{seller}/team/{member_id}": _at(
        _SELLERS + "/{seller}/team/{member}", _ROLE
    ),
    "DELETE /api/marketplace/sellers/{seller}/team/{member_id}": _at(
        _SELLERS + "/{seller}/team/{member}"
    ),
    "PATCH /api/marketplace/sellers/{seller}": _at(
        _SELLERS + "/{seller}", {"bio": "Mine."}, If_Match='"1"'
    ),
    "GET /api/marketplace/sellers/{seller}/standing": _at(_SELLERS + "/{seller}/standing"),
    "PUT /api/marketplace/sellers/{seller}/status": _at(
        _SELLERS + "/{seller}/status", {"status": "approved", **_REASONED}
    ),
    "POST /api/marketplace/sellers/{seller}/verification": _at(_SELLERS + "/{seller}/verification"),
    "PUT /api/marketplace/sellers/{seller}/verification": _at(
        _SELLERS + "/{seller}/verification", {"verification": "verified", **_REASONED}
    ),
    "POST /api/orders": _at(_ORDERS, {"cart_id": "{cart}"}),
    "PUT /api/orders/{order_id}/status": _at(_ORDERS + "/{sold}/status", {"status": "processing"}),
    "GET /api/orders/{order_id}": _at(_ORDERS + "/{bought}"),
    "GET /api/orders/{order_id}/timeline": _at(_ORDERS + "/{bought}/timeline?key=made-up"),
    "GET /api/orders/{order_id}/receipt": _at(_ORDERS + "/{bought}/receipt"),
    "GET /api/orders/{order_id}/terms": _at(_ORDERS + "/{bought}/terms"),
    "GET /api/orders/{order_id}/terms/sealed": _at(_ORDERS + "/{bought}/terms/sealed"),
    "POST /api/orders/{order_id}/evidence": _at(
        _ORDERS + "/{sold}/evidence", {"ipfs_hash": "{exhibit}"}
    ),
    "GET /api/orders/{order_id}/evidence": _at(_ORDERS + "/{sold}/evidence"),
    "GET /api/orders/{order_id}/evidence/{evidence_id}": _at(
        _ORDERS + "/{sold}/evidence/{evidence}"
    ),
    "GET /api/orders/{order_id}/evidence/{evidence_id}/files/{cid}": _at(
        _ORDERS + "/{sold}/evidence/{evidence}/files/{exhibit}"
    ),
    "GET /api/orders/{order_id}/events": _at(_ORDERS + "/{bought}/events"),
    "GET /api/orders/buyer/{buyer_id}": _at(_ORDERS + "/buyer/{account}"),
    "GET /api/orders/seller/{seller_id}": _at(_ORDERS + "/seller/{seller}"),
    "GET /api/webhooks/endpoints/{endpoint_id}": _at(_HOOKS + "/endpoints/{endpoint}"),
    "PATCH /api/webhooks/endpoints/{endpoint_id}": _at(
        _HOOKS + "/endpoints/{endpoint}", {"description": "Mine"}, If_Match='"1"'
    ),
    "POST /api/webhooks/endpoints/{endpoint_id}/rotate": _at(
        _HOOKS + "/endpoints/{endpoint}/rotate", {}
    ),
    "POST /api/webhooks/endpoints/{endpoint_id}/test": _at(_HOOKS + "/endpoints/{endpoint}/test"),
    "GET /api/webhooks/endpoints/{endpoint_id}/deliveries": _at(
        _HOOKS + "/endpoints/{endpoint}/deliveries"
    ),
    "POST /api/webhooks/deliveries/{delivery_id}/replay": _at(
        _HOOKS + "/deliveries/{delivery}/replay"
    ),
    "GET /api/accounts/{account_id}/roles": _at("/api/accounts/{account}/roles"),
    "PUT /api/accounts/{account_id}/roles/{role}": _at("/api/accounts/{account}/roles/admin"),
    "DELETE /api/accounts/{account_id}/roles/{role}": _at("/api/accounts/{account}/roles/admin"),
    "DELETE /api/auth/api-keys/{key_id}": _at("/api/auth/api-keys/{key}"),
    "DELETE /api/webhooks/endpoints/{endpoint_id}": _at(_HOOKS + "/endpoints/{endpoint}"),
    "DELETE /api/images/{ipfs_hash}": _at("/api/images/{image}"),
    "DELETE /api/auth/wallets/{address}": _at("/api/auth/wallets/{wallet}"),
    "DELETE /api/auth/emails/{address}": _at("/api/auth/emails/{email}"),
    "DELETE /api/auth/sessions/{session_id}": _at("/api/auth/sessions/{session}"),
}
"""What only whoever it belongs to may ask for. What ends something stands last."""

OWN: Mapping[str, Asked] = {
    "GET /api/auth/session": _at("/api/auth/session"),
    "GET /api/auth/sessions": _at("/api/auth/sessions"),
    "DELETE /api/auth/sessions": _at("/api/auth/sessions"),
    "GET /api/auth/emails": _at("/api/auth/emails"),
    "GET /api/auth/api-keys": _at("/api/auth/api-keys"),
    "POST /api/auth/api-keys": _at("/api/auth/api-keys", _KEY),
    "GET /api/marketplace/products/mine": _at(_PRODUCTS + "/mine"),
    "POST /api/carts": _at("/api/carts"),
    "GET /api/payments/status/{status}": _at(_PAYMENTS + "/status/PENDING"),
    "GET /api/marketplace/sellers/me": _at(_SELLERS + "/me"),
    "GET /api/marketplace/sellers/me/roles": _at(_SELLERS + "/me/roles"),
    "GET /api/marketplace/sellers/me/invitations": _at(_SELLERS + "/me/invitations"),
    "GET /api/webhooks/endpoints": _at(_HOOKS + "/endpoints"),
    "POST /api/webhooks/endpoints": _at(
        _HOOKS + "/endpoints", {"url": "https://hooks.example/eve"}
    ),
}
"""What answers everybody with what is theirs."""

OPEN: Mapping[str, Asked] = {
    "GET /health/live": _at("/health/live"),
    "GET /health/ready": _at("/health/ready"),
    "GET /api/config": _at("/api/config"),
    "GET /api/errors": _at("/api/errors"),
    "GET /metrics": _at("/metrics"),
    "GET /api/books": _at("/api/books"),
    "GET /api/marketplace/products": _at(_PRODUCTS),
    "GET /api/marketplace/categories": _at("/api/marketplace/categories"),
    "GET /api/marketplace/sellers/{seller}": _at(_SELLERS + "/{seller}"),
    "GET /api/marketplace/sellers/{seller}/stats": _at(_SELLERS + "/{seller}/stats"),
    "GET /api/payments/methods": _at(_PAYMENTS + "/methods"),
    "GET /api/payments/health": _at(_PAYMENTS + "/health"),
    "GET /api/images/{ipfs_hash}": _at("/api/images/{image}"),
    "GET /ipfs/{cid}": _at("/ipfs/{image}"),
    "POST /api/auth/siwe/nonce": _at("/api/auth/siwe/nonce"),
    "GET /api/ens/validate/{ens_name}": _at("/api/ens/validate/figandolive.eth"),
    "GET /api/ens/avatar/{ens_name}": _at("/api/ens/avatar/figandolive.eth"),
    "GET /api/ens/suggestions/{base_name}": _at("/api/ens/suggestions/figandolive"),
}
"""What is the same for everybody, and shows nothing that is anybody's own."""

ELSEWHERE: Mapping[str, str] = {
    "POST /api/auth/siwe/verify": "tests/integration/accounts",
    "POST /api/auth/email/request": "tests/integration/accounts",
    "POST /api/auth/email/verify": "tests/integration/accounts",
    "GET /api/auth/email/{challenge_id}": "tests/integration/accounts",
    "POST /api/auth/emails": "tests/integration/accounts",
    "POST /api/auth/emails/verify": "tests/integration/accounts",
    "POST /api/auth/logout": "tests/integration/accounts",
    "POST /api/auth/step-up": "tests/integration/accounts",
    "POST /api/auth/wallets": "tests/integration/accounts",
    "POST /api/images/upload": "tests/integration/media/test_upload.py",
    "POST /api/ens/verify": "tests/integration/names",
    "POST /api/marketplace/sellers": "tests/integration/sellers/test_api.py",
    "POST /api/payments/payees/{seller_id}": "tests/integration/cards/test_payees.py",
    "GET /api/payments/payees/{seller_id}": "tests/integration/cards/test_payees.py",
    "POST /api/payments/saved": "tests/integration/cards",
    "GET /api/payments/saved": "tests/integration/cards",
    "DELETE /api/payments/saved/{reference}": "tests/integration/cards",
    "POST /api/webhooks/stripe": "tests/integration/cards",
}
"""What needs a signature, a letter or a card provider, and where that is tried."""


def kept(engine: Engine) -> dict[str, str]:
    """A digest of every table but those of requests themselves."""
    with engine.connect() as connection:
        return {
            table: str(connection.execute(text(_digest(table))).scalar())
            for table in _tables()
            if table not in _OF_REQUESTS
        }


def _tables() -> Iterator[str]:
    return (table.name for table in Base.metadata.sorted_tables)


def _digest(table: str) -> str:
    return f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} AS t"
