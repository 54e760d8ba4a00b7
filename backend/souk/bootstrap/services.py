"""Every service, lower modules first; each gets what it needs and nothing else."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from souk.adapters.crypto.secret_box import XChaChaSecretBox
from souk.adapters.evm.contract_signatures import EvmSignatureVerifier
from souk.adapters.evm.escrow.credits import EvmEscrowCredits
from souk.adapters.evm.escrow.gateway import EvmEscrowGateway
from souk.adapters.evm.escrow.statement import EvmEscrowStatement
from souk.adapters.evm.escrow.tokens import EvmTokens
from souk.adapters.evm.escrow.ways import EvmPayWays
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.price_feed import ChainlinkPriceFeed
from souk.adapters.evm.transactions import EvmTransactions
from souk.adapters.evm.wallets import EvmWallets
from souk.adapters.http.client import PublicHttp
from souk.adapters.http.targets import Policy
from souk.adapters.mail.folder import FolderMailer
from souk.adapters.mail.smtp import SmtpMailer, SmtpServer
from souk.bootstrap.cards import card_money, card_rail, card_statement, identity_check
from souk.bootstrap.container import Services
from souk.bootstrap.media import media
from souk.bootstrap.names import NameReading
from souk.bootstrap.networks import Network
from souk.core.addresses import ZERO_ADDRESS, parse_address
from souk.core.clock import Clock
from souk.core.idempotency import Idempotency
from souk.core.pagination import CursorCodec
from souk.core.ports import Mailer
from souk.core.unit_of_work import UnitOfWork
from souk.modules.accounts.domain import SignInConfig
from souk.modules.accounts.domain.emails import EmailConfig
from souk.modules.accounts.service import (
    Accounts,
    Addresses,
    ApiKeys,
    Emails,
    Letters,
    Roles,
    Sessions,
)
from souk.modules.books.ports import RailStatement
from souk.modules.books.service import Books, Reconciliation
from souk.modules.catalog.service import Catalog
from souk.modules.chain.domain import Purpose
from souk.modules.chain.service import ChainRecords, Chains, Upkeep
from souk.modules.evidence.domain import EvidenceRules
from souk.modules.evidence.service import HandingOut, Pictures, Readers
from souk.modules.ledger.service import Ledger
from souk.modules.media.service import Sealing
from souk.modules.names.domain import Letterhead
from souk.modules.names.service import Judge, LastLooks, Notices, Rechecks
from souk.modules.orders.domain import OrdersConfig
from souk.modules.orders.service import Carts, Orders
from souk.modules.payments.domain import EscrowTerms, PriceRules, QuoteTerms
from souk.modules.payments.domain.route_rules import RouteRules
from souk.modules.payments.service import (
    Credits,
    Following,
    Offers,
    Parts,
    Payments,
    SealedTerms,
    directions,
    gateways,
)
from souk.modules.sellers.domain import SellersConfig, SellerStatus
from souk.modules.sellers.service import Sellers
from souk.modules.trade.domain import TimelineLinks
from souk.modules.trade.service import (
    Cancellations,
    Deliveries,
    Expiries,
    Keeper,
    Parties,
    Placements,
    Trust,
)
from souk.modules.webhooks.domain import SECRET_BYTES
from souk.modules.webhooks.service import (
    Announcements,
    DeliveryLog,
    Endpoints,
    Resends,
    Sender,
)
from souk.settings import Settings, TradeSettings

_NONCE_SECONDS = 600
_SIGN_INS_AT_ONE = 4


def make_services(
    settings: Settings,
    uow: UnitOfWork,
    wall: Clock,
    found: Mapping[int, Network],
    reading: NameReading,
) -> Services:
    """Everything that an entrypoint may ask for by its class."""
    services = _tools(settings, uow)
    services.update(media(settings, uow, wall, _secrets(settings, "documents")))
    services.update(_people_and_goods(settings, uow, wall, found))
    services.update(_names(settings, uow, reading, services))
    services.update(_money(settings, uow, wall, found, services))
    services.update(_trade(uow, services))
    services.update(_books(uow, _rails(settings, uow, wall, found, services), services))
    services.update(_webhooks(settings, uow, wall, services))
    return services


def _tools(settings: Settings, uow: UnitOfWork) -> Services:
    return Services(
        {
            UnitOfWork: uow,
            Idempotency: Idempotency(uow),
            CursorCodec: CursorCodec(_secret(settings, "cursors")),
            TimelineLinks: TimelineLinks(_secret(settings, "timelines")),
        }
    )


def _people_and_goods(
    settings: Settings, uow: UnitOfWork, wall: Clock, found: Mapping[int, Network]
) -> Services:
    followed = {chain_id: network.followed for chain_id, network in found.items()}
    daily_gas = {
        Purpose.KEEPER: settings.keeper.keeper_daily_gas,
        Purpose.RELAYER: settings.keeper.relayer_daily_gas,
    }
    verifier = EvmSignatureVerifier(
        {chain_id: network.impatient_node for chain_id, network in found.items()},
        # Not the one of payments: whoever signs in chooses the contract that is asked, and how long
        # it takes to answer.
        ChainPresence(wall, at_one=_SIGN_INS_AT_ONE, at_all=_SIGN_INS_AT_ONE),
        map(parse_address, settings.security.wallet_factories),
    )
    accounts = Accounts(uow, verifier, _sign_in(settings, found))
    sellers = Sellers(uow, accounts, identity_check(settings), _sellers(settings))
    catalog = Catalog(uow, sellers)
    return Services(
        {
            Chains: Chains(uow, followed, daily_gas=daily_gas),
            Upkeep: Upkeep(uow, followed, daily_gas=daily_gas),
            Accounts: accounts,
            ApiKeys: ApiKeys(uow),
            Addresses: Addresses(uow, _email(settings)),
            Emails: Emails(uow, _email(settings)),
            Letters: Letters(uow, _mailer(settings), _email(settings)),
            Roles: Roles(uow, accounts),
            Sessions: Sessions(uow),
            Sellers: sellers,
            Catalog: catalog,
            Orders: Orders(catalog, OrdersConfig(settings.trade.reservation_seconds)),
            Carts: Carts(uow, catalog),
            Ledger: Ledger(),
        }
    )


def _names(settings: Settings, uow: UnitOfWork, reading: NameReading, below: Services) -> Services:
    sellers = below.of(Sellers)
    judge = Judge(uow, below.of(Accounts), sellers)
    head = Letterhead(_site(settings), _sign_in_page(settings))
    return Services(
        {
            NameReading: reading,
            Rechecks: Rechecks(uow, judge, reading.service),
            LastLooks: LastLooks(judge, reading.looks),
            Notices: Notices(uow, below.of(Emails), sellers, _mailer(settings), head),
        }
    )


def _money(
    settings: Settings,
    uow: UnitOfWork,
    wall: Clock,
    found: Mapping[int, Network],
    below: Services,
) -> Services:
    nodes = {chain_id: network.node for chain_id, network in found.items()}
    money = {chain_id: network.money for chain_id, network in found.items()}
    impatient = {chain_id: network.impatient_node for chain_id, network in found.items()}
    presence = ChainPresence(wall)
    # Whoever asks the contract before a signature waits with a thread, as those do who ask a price.
    attended = {chain_id: node.attended(presence, chain_id) for chain_id, node in impatient.items()}
    tokens, wallets = EvmTokens(attended, wall), EvmWallets(impatient, presence)
    terms = _escrow_terms(settings.trade)
    escrow = EvmEscrowGateway(money, terms, attended, clock=wall, tokens=tokens)
    keeper = EvmEscrowCredits(money, attended)
    prices = ChainlinkPriceFeed(impatient, presence)
    offers = Offers(money, _quote_terms(settings.trade), card_money(settings), _rules(settings))
    cards = card_rail(settings, wall)
    parts = Parts(
        uow=uow,
        sellers=below.of(Sellers),
        orders=below.of(Orders),
        ledger=below.of(Ledger),
        chains=below.of(Chains),
        gateways=gateways(escrow=escrow, card=None if cards is None else cards.gateway),
        directed=directions(None if cards is None else cards.directed),
        cards=cards,
        prices=prices,
        wallets=wallets,
        ways=EvmPayWays(money, tokens),
        offers=offers,
        names=below.of(LastLooks),
        new_salt=lambda: secrets.token_hex(32),
    )
    return Services(
        {
            EvmEscrowGateway: escrow,
            ChainlinkPriceFeed: prices,
            Offers: offers,
            EvmWallets: wallets,
            Payments: Payments(parts),
            SealedTerms: SealedTerms(uow, below.of(Sealing)),
            Following: Following(uow, below.of(Chains), EvmTransactions(nodes)),
            Credits: Credits(uow, below.of(Sellers), below.of(Ledger), offers, keeper),
        }
    )


def _trade(uow: UnitOfWork, below: Services) -> Services:
    orders, payments = below.of(Orders), below.of(Payments)
    trust = Trust(below.of(LastLooks))
    readers = Readers(Parties(orders, below.of(Sellers)))
    return Services(
        {
            Placements: Placements(uow, orders, below.of(Carts), payments, trust),
            Deliveries: Deliveries(uow, orders, payments, below.of(Sellers)),
            Cancellations: Cancellations(uow, orders, payments, below.of(Sellers)),
            Expiries: Expiries(uow, orders, payments),
            Keeper: Keeper(uow, below.of(Chains), payments),
            HandingOut: HandingOut(uow, readers, below.of(SealedTerms), below.of(Sealing)),
            Pictures: Pictures(uow, readers, below.of(Sealing), EvidenceRules()),
        }
    )


def _books(uow: UnitOfWork, rails: Sequence[RailStatement], below: Services) -> Services:
    ledger, payments = below.of(Ledger), below.of(Payments)
    return Services(
        {
            Books: Books(uow, ledger, payments, below.of(Chains)),
            Reconciliation: Reconciliation(uow, below.of(Orders), ledger, payments, rails),
        }
    )


def _webhooks(settings: Settings, uow: UnitOfWork, wall: Clock, below: Services) -> Services:
    http = PublicHttp(Policy(to_loopback=settings.webhooks.webhooks_to_loopback))
    box = XChaChaSecretBox(*_secrets(settings, "webhooks"))
    return Services(
        {
            Endpoints: Endpoints(uow, http, box, lambda: secrets.token_bytes(SECRET_BYTES)),
            Announcements: Announcements(uow, below.of(Orders)),
            Resends: Resends(uow),
            Sender: Sender(uow, http, box, wall, secrets.SystemRandom().random),
            DeliveryLog: DeliveryLog(uow),
        }
    )


def _rails(
    settings: Settings,
    uow: UnitOfWork,
    wall: Clock,
    found: Mapping[int, Network],
    services: Services,
) -> list[RailStatement]:
    """What says itself what it holds."""
    record = ChainRecords(uow, {chain_id: network.followed for chain_id, network in found.items()})
    escrows = [
        EvmEscrowStatement(chain_id, network.node, record)
        for chain_id, network in sorted(found.items())
    ]
    cards = card_statement(settings, wall, services.of(Payments))
    return [*escrows, *([] if cards is None else [cards])]


def _sign_in(settings: Settings, found: Mapping[int, Network]) -> SignInConfig:
    return SignInConfig(
        domain=_site(settings),
        uri=settings.http.public_url,
        chain_ids=tuple(sorted(found)) or tuple(sorted(settings.rpc_urls)),
        session_days=settings.security.session_days,
        nonce_seconds=_NONCE_SECONDS,
    )


def _email(settings: Settings) -> EmailConfig:
    return EmailConfig(
        site=_site(settings),
        sign_in_page=_sign_in_page(settings),
        confirm_page=f"{settings.http.public_url}/confirm-email",
        key=_secret(settings, "emails"),
        session_days=settings.security.session_days,
    )


def _site(settings: Settings) -> str:
    return urlsplit(settings.http.public_url).netloc


def _sign_in_page(settings: Settings) -> str:
    return f"{settings.http.public_url}/sign-in"


def _mailer(settings: Settings) -> Mailer:
    sender, url = settings.mail.mail_from, settings.mail.smtp_url
    if url is None:
        return FolderMailer(settings.paths.state_dir / "mail", sender=sender)
    return SmtpMailer(SmtpServer.parse(url.get_secret_value()), sender=sender)


def _escrow_terms(trade: TradeSettings) -> EscrowTerms:
    """The contract refuses a fee that nobody receives, so without a receiver there is none."""
    fee_to = parse_address(trade.fee_to_address)
    return EscrowTerms(
        arbiter=parse_address(trade.arbiter_address),
        fee_to=fee_to,
        fee_bps=0 if fee_to == ZERO_ADDRESS else trade.fee_bps,
        silent_bps=trade.silent_bps,
    )


def _sellers(settings: Settings) -> SellersConfig:
    given = settings.sellers
    return SellersConfig(
        starts_as=SellerStatus(given.seller_starts_as),
        unverified_limit=given.seller_unverified_limit,
        payouts_need_verification=given.seller_payouts_need_verification,
        payout_freeze=timedelta(hours=given.seller_payout_freeze_hours),
    )


def _quote_terms(trade: TradeSettings) -> QuoteTerms:
    return QuoteTerms(
        quote_seconds=trade.quote_seconds,
        native_spread_bps=trade.native_spread_bps,
        price=PriceRules(
            max_jump_bps=trade.price_max_jump_bps,
            jump_seconds=trade.price_jump_seconds,
            most_jump_bps=trade.price_most_jump_bps,
            ahead_seconds=trade.price_ahead_seconds,
        ),
    )


def _rules(settings: Settings) -> RouteRules:
    given = settings.payments
    return RouteRules.named(
        max_fee_bps=given.route_max_fee_bps,
        off=given.payment_methods_off,
        shares=given.payment_rollout.items(),
        limits=given.payment_limits.items(),
        barred=frozenset({parse_address(settings.trade.arbiter_address)}),
    )


def _secret(settings: Settings, purpose: str) -> bytes:
    """A key of its own for each purpose, all from the one secret."""
    return _secrets(settings, purpose)[0]


def _secrets(settings: Settings, purpose: str) -> list[bytes]:
    """The same, and behind it those from the secrets before."""
    masters = [settings.security.secret_key, *settings.security.secret_keys_before]
    return [
        hmac.digest(master.get_secret_value().encode(), purpose.encode(), hashlib.sha256)
        for master in masters
    ]
