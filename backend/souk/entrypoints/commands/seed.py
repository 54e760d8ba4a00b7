"""`souk seed`: stock a small demo shop, once, by the same use cases as any seller's requests."""

import argparse

from eth_account import Account
from eth_account.messages import encode_defunct

from souk.adapters.evm import registry
from souk.bootstrap import Container, build
from souk.core.money import USD, Money
from souk.core.principal import Principal
from souk.embedded.anvil import CHAIN_ID, SELLER_KEY
from souk.entrypoints.failures import CommandFailed
from souk.modules.accounts.service import Accounts
from souk.modules.catalog.domain import ListingKind, ListingTerms
from souk.modules.catalog.service import Catalog
from souk.modules.sellers.domain import Profile
from souk.modules.sellers.errors import SellerExists
from souk.modules.sellers.service import Sellers
from souk.settings import Settings


def _physical(title: str, cents: int, category: str, description: str) -> ListingTerms:
    return ListingTerms(
        title=title,
        description=description,
        price=Money(cents, USD),
        kind=ListingKind.PHYSICAL,
        category=category,
        handling_days=2,
        transit_days=7,
    )


GOODS = (
    _physical("Copper coffee pot", 6_400, "kitchen", "Hand-beaten, tinned inside, for four cups."),
    _physical("Wool kilim, 120 x 180", 28_900, "rugs", "Flat-woven, natural dyes, both sides."),
    _physical("Olive wood spoon", 1_450, "kitchen", "Cut from one piece, oiled with linseed."),
    _physical("Glass lantern", 3_900, "light", "Mouth-blown, for a candle or a small bulb."),
    _physical("Saffron, 2 g", 2_200, "spices", "Threads of this autumn, in a tin."),
    ListingTerms(
        title="Pattern book, 40 pages (PDF)",
        description="Geometric patterns with their construction, step by step.",
        price=Money(900, USD),
        kind=ListingKind.DIGITAL,
        category="books",
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing to choose."""
    del parser


def run(arguments: argparse.Namespace) -> int:
    """Sign in as the demo seller, open the store, list the goods."""
    del arguments
    settings = Settings.from_environment()
    _require_disposable(settings)
    container = build(settings)
    try:
        return _stock(container)
    finally:
        container.close()


def _require_disposable(settings: Settings) -> None:
    """The key of the shop's payout wallet is public: on a real chain, whoever reads it would take
    the buyers' money."""
    record = registry.find(settings.paths.deployments, CHAIN_ID)
    if set(settings.rpc_urls) != {CHAIN_ID} or record is None or not record.disposable:
        raise CommandFailed(
            f"the demo shop is for the local chain ({CHAIN_ID}) alone, as its wallet's key is"
            " public; nothing was written"
        )


def _stock(container: Container) -> int:
    seller = _sign_in(container.get(Accounts))
    profile = Profile(
        name="Bazaar Demo",
        handle="bazaar-demo",
        payout_wallet=seller.wallets[0],
        bio="A few things to look at. Nothing is really sent.",
        location="Istanbul",
    )
    try:
        container.get(Sellers).create(seller, profile)
    except SellerExists:
        print("the demo shop is stocked already")
        return 0
    catalog = container.get(Catalog)
    for terms in GOODS:
        listing = catalog.create(seller, terms, on_hand=25)
        catalog.publish(seller, listing.id)
    print(f"listed {len(GOODS)} goods in the demo shop")
    return 0


def _sign_in(accounts: Accounts) -> Principal:
    challenge = accounts.issue_nonce()
    wallet = Account.from_key(SELLER_KEY)
    message = challenge.message_template.replace("{address}", wallet.address)
    signature = wallet.sign_message(encode_defunct(text=message)).signature.to_0x_hex()
    return accounts.authenticate(accounts.sign_in(message, signature).token)
