"""What the workers run: one loop for each queue."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from sqlalchemy import Engine

from souk.adapters.evm.price_feed import ChainlinkPriceFeed
from souk.bootstrap.container import Services
from souk.bootstrap.networks import Network
from souk.core.addresses import parse_address
from souk.core.clock import Clock
from souk.core.events import HandlerRegistry
from souk.core.idempotency import Idempotency
from souk.core.inbox import InboxSweeper
from souk.core.jobs import Aside, Loop, Periodic, drain_outbox, sweep_timers
from souk.core.outbox import OutboxRelay
from souk.core.timers import TimerSweeper, chain_clock
from souk.core.unit_of_work import UnitOfWork
from souk.core.wakeups import PostgresBus
from souk.embedded.price_feed import LocalPriceFeed
from souk.modules.accounts.service import Accounts, Emails, Letters
from souk.modules.books.service import Books, Reconciliation
from souk.modules.chain.domain import Purpose
from souk.modules.chain.service import (
    Chains,
    Proofs,
    Upkeep,
    look_after_accounts,
    proofs_due,
    rebroadcasts,
    watch_chain,
)
from souk.modules.media.service import Collection, Pins
from souk.modules.names.service import Notices, Rechecks
from souk.modules.payments import handlers as payments_handlers
from souk.modules.payments.service import Following, Payments, SealedTerms
from souk.modules.sellers import handlers as sellers_handlers
from souk.modules.sellers.service import Sellers
from souk.modules.trade import handlers as trade_handlers
from souk.modules.trade.service import Expiries, Keeper
from souk.modules.webhooks.service import (
    WAKE_CHANNEL,
    DeliveryLog,
    Sender,
    forget_old,
    send_webhooks,
)

_KEEPER_SECONDS = 1.0
_OVERDUE_SECONDS = 60.0
_FEED_SECONDS = 1.0
_FOLLOW_SECONDS = 3.0
_FORGET_SECONDS = 3600.0
_BOOKS_SECONDS = 3600.0
_LETTERS_SECONDS = 0.5
_NAMES_SECONDS = 60.0
_NOTICES_SECONDS = 5.0
_CHECKS_SECONDS = 3600.0
_PINS_SECONDS = 1.0
_SEALS_SECONDS = 2.0
_COLLECTION_SECONDS = 60.0
_INSTRUCTIONS_SECONDS = 1.0
_SILENCE_SECONDS = 10.0
_COMPARE_SECONDS = 300.0


def make_loops(
    database_url: str,
    engine: Engine,
    registry: HandlerRegistry,
    wall: Clock,
    found: Mapping[int, Network],
    services: Services,
) -> dict[str, Loop]:
    """The loops by queue: `events`, `timers`, `webhooks`, and one `chain-<id>` for each chain."""
    chains = services.of(Chains)
    payments = services.of(Payments)
    relay = OutboxRelay(engine, registry, wall)
    arriving = {
        **payments_handlers.inbox_handlers(payments),
        **sellers_handlers.inbox_handlers(services.of(Sellers)),
    }
    inbox = InboxSweeper(engine, arriving, wall)
    made = {
        "events": drain_outbox(relay, inbox, PostgresBus(database_url)),
        "timers": _timers(engine, wall, found, services),
        "webhooks": send_webhooks(
            services.of(Sender), PostgresBus(database_url, channel=WAKE_CHANNEL)
        ),
    }
    for chain_id in found:
        made[f"chain-{chain_id}"] = watch_chain(chains, chain_id)
    return made


def _timers(engine: Engine, wall: Clock, found: Mapping[int, Network], services: Services) -> Loop:
    chains, uow = services.of(Chains), services.of(UnitOfWork)
    keeper, books = services.of(Keeper), services.of(Books)
    payments = services.of(Payments)
    names, notices = services.of(Rechecks), services.of(Notices)
    letters = Aside("accounts.send_letters", services.of(Letters).send_due)
    periodic = [
        Periodic("core.forget_keys", _FORGET_SECONDS, services.of(Idempotency).forget_expired),
        Periodic("accounts.forget_expired", _FORGET_SECONDS, services.of(Accounts).forget_expired),
        Periodic("accounts.forget_emails", _FORGET_SECONDS, services.of(Emails).forget_expired),
        Periodic("accounts.send_letters", _LETTERS_SECONDS, letters),
        Periodic("payments.carry_out_due", _INSTRUCTIONS_SECONDS, payments.carry_out_due),
        Periodic("payments.look_at_open", _SILENCE_SECONDS, payments.look_at_open),
        Periodic("trade.settle_due", _KEEPER_SECONDS, keeper.settle_due_at_our_word),
        Periodic("names.check_due", _NAMES_SECONDS, Aside("names.check_due", names.check_due)),
        Periodic("names.send_due", _NOTICES_SECONDS, Aside("names.send_due", notices.send_due)),
        Periodic("media.pin_due", _PINS_SECONDS, Aside("media.pin_due", services.of(Pins).pin_due)),
        _seals(services.of(SealedTerms)),
        _collecting(services.of(Collection)),
        _checks(services.of(Sellers)),
        *_comparisons(services.of(Reconciliation)),
        Periodic("books.check", _BOOKS_SECONDS, Aside("books.check", books.check)),
        forget_old(services.of(DeliveryLog)),
        *rebroadcasts(chains),
        *proofs_due(services.of(Proofs)),
        *look_after_accounts(services.of(Upkeep)),
    ]
    for chain_id, network in found.items():
        name = f"chain {chain_id}"
        periodic.append(_following(services.of(Following), chain_id))
        if Purpose.KEEPER in network.followed.senders:
            settle = partial(keeper.settle_due, chain_id)
            periodic.append(Periodic(f"trade.settle_due {name}", _KEEPER_SECONDS, settle))
        else:
            report = partial(services.of(Upkeep).report_missing_key, chain_id, keeper.count_overdue)
            periodic.append(Periodic(f"trade.report_overdue {name}", _OVERDUE_SECONDS, report))
        if network.deployment.disposable:
            feed = _feed(services, network)
            periodic.append(Periodic(f"feed of {name}", _FEED_SECONDS, feed.refresh))
    sweeper = TimerSweeper(engine, trade_handlers.timers(services.of(Expiries)), wall)
    clocks = {
        chain_clock(chain_id): partial(chain_time, uow, chains, chain_id) for chain_id in found
    }
    return sweep_timers(sweeper, wall, clocks, periodic)


def _seals(terms: SealedTerms) -> Periodic:
    """In a thread of its own: where copies are stored may be slow or away."""
    name = "payments.seal_terms"
    return Periodic(name, _SEALS_SECONDS, Aside(name, terms.seal_due))


def _collecting(collection: Collection) -> Periodic:
    """Of pictures that were deleted long ago."""
    name = "media.collect_due"
    return Periodic(name, _COLLECTION_SECONDS, Aside(name, collection.collect_due))


def _checks(sellers: Sellers) -> Periodic:
    """Of who sellers are: what was said of them is missed when a webhook is lost."""
    name = "sellers.look_at_checks"
    return Periodic(name, _CHECKS_SECONDS, Aside(name, sellers.look_at_checks))


def _comparisons(reconciliation: Reconciliation) -> list[Periodic]:
    """Of the last hours every few minutes, and of everything at night, whichever of the times it
    is looked at comes first after that."""
    lately = Aside("books.compare_lately", reconciliation.compare_lately)
    nightly = Aside("books.compare_nightly", reconciliation.compare_nightly)
    return [
        Periodic("books.compare_lately", _COMPARE_SECONDS, lately),
        Periodic("books.compare_nightly", _COMPARE_SECONDS, nightly),
    ]


def _following(following: Following, chain_id: int) -> Periodic:
    """In a thread of its own: a node that does not answer must not hold up timers."""
    name = f"payments.follow_sent chain {chain_id}"
    return Periodic(name, _FOLLOW_SECONDS, Aside(name, partial(following.follow_sent, chain_id)))


def chain_time(uow: UnitOfWork, chains: Chains, chain_id: int) -> datetime | None:
    """The instant that a chain's clock has reached, by its newest block that counts."""
    with uow.begin() as tx:
        head = chains.policy_head(tx, chain_id)
    return None if head is None else head.at


def _feed(services: Services, network: Network) -> LocalPriceFeed:
    return LocalPriceFeed(
        uow=services.of(UnitOfWork),
        chains=services.of(Chains),
        prices=services.of(ChainlinkPriceFeed),
        chain_id=network.deployment.chain_id,
        feed=parse_address(network.deployment.native.price_feed),
        max_age_seconds=network.deployment.feed_max_age_seconds,
    )
