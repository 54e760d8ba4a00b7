"""What a scraper reads, and from where."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from souk.adapters.evm.registry import Deployment
from souk.core.db import Reads
from souk.core.errors import DatabaseUnavailable
from souk.core.metrics import MetricsNetworks, Readings
from souk.modules.books.api import Gauges
from souk.modules.books.service import Books
from tests.support.clock import MovableClock
from tests.support.http import CLIENT_ADDRESS
from tests.support.reconciling import PHANTOM_ENTRY, a_purchase, execute, lately
from tests.support.shop import Shop, shop
from tests.support.stack import Chain, rewound

Samples = dict[str, float]


@pytest.fixture(name="shop")
def watched_shop(
    database_url: str,
    redis_url: str,
    deployed_chain: tuple[Chain, Deployment],
    clock: MovableClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Shop]:
    """One that is scraped from where the tests' client is, and reads its gauges each time."""
    monkeypatch.setenv("METRICS_NETWORKS", f"{CLIENT_ADDRESS}/32")
    shared, deployment = deployed_chain
    with (
        rewound(shared) as node,
        shop(database_url, redis_url, node, deployment, clock, tmp_path) as running,
    ):
        reads = running.container.get(Reads)
        running.container.services[Readings] = Gauges(reads, clock, kept_seconds=0)
        yield running


def scraped(shop: Shop) -> Samples:
    """The values by name, followed by the values of the labels."""
    answer = shop.api("GET", "/metrics")
    assert answer.status_code == 200, answer.text
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_tells_breaks_by_rule_and_when_the_books_were_looked_at(shop: Shop) -> None:
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)
    shop.container.get(Books).check()
    shop.clock.advance(minutes=10)

    found = scraped(shop)

    assert found["souk_books_breaks legs_equal_the_books"] == 1
    assert (found["souk_books_broken"], found["souk_books_check_age_seconds"]) == (1, 600)


def test_tells_nothing_of_books_that_nobody_looked_at(shop: Shop) -> None:
    assert [name for name in scraped(shop) if name.startswith("souk_books")] == []


def test_tells_what_comparing_the_rails_left_open(shop: Shop) -> None:
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)
    lately(shop)
    execute(
        shop,
        "INSERT INTO reconciliation_break SELECT 'rbk_healed', place, subject, rule, class,"
        " expected, found, opened_at, seen_at, opened_at, 'a test' FROM reconciliation_break",
    )
    shop.clock.advance(minutes=7)

    found = scraped(shop)

    assert found["souk_reconciliation_breaks money_missing"] == 1
    assert found["souk_reconciliation_breaks missed_fact"] == 0
    assert found["souk_reconciliation_age_seconds eip155:31337"] == 420
    assert (found["souk_order_holds incident"], found["souk_order_holds fraud"]) == (1, 0)


def test_tells_what_waits_and_for_how_long(shop: Shop) -> None:
    a_purchase(shop, paid=False)
    shop.follow()
    assert scraped(shop)["souk_outbox_waiting"] == 0
    execute(
        shop,
        "UPDATE outbox SET delivered_at = NULL WHERE name = 'order.placed'",
        "INSERT INTO webhook_inbox (id, source, external_id, body, received_at, next_attempt_at,"
        " attempts) SELECT 'inb_1', 'test', 'one', '', created_at, created_at, 0 FROM outbox"
        " WHERE name = 'order.placed'",
    )
    shop.clock.advance(seconds=90)

    found = scraped(shop)

    assert (found["souk_outbox_waiting"], found["souk_outbox_oldest_seconds"]) == (1, 90)
    assert (found["souk_inbox_waiting"], found["souk_inbox_oldest_seconds"]) == (1, 90)


def test_tells_how_far_behind_the_watcher_is(shop: Shop) -> None:
    shop.follow(blocks=3)
    shop.clock.advance(seconds=45)

    found = scraped(shop)

    assert found["souk_chain_silence_seconds 31337"] == 45
    assert found["souk_chain_head_block 31337"] == shop.chain.height()
    block = shop.chain.call("eth_getBlockByNumber", "latest", False)
    age = shop.clock.now().timestamp() - int(block["timestamp"], 16)
    assert found["souk_chain_head_age_seconds 31337"] == pytest.approx(age, abs=1)


def test_tells_attempts_by_status_and_forgets_old_ones_that_are_over(shop: Shop) -> None:
    a_purchase(shop)
    a_purchase(shop, paid=False)
    before = scraped(shop)
    shop.clock.advance(days=2)

    after = scraped(shop)

    told = [one["souk_payment_attempts succeeded"] for one in (before, after)]
    waiting = [one["souk_payment_attempts awaiting_payer"] for one in (before, after)]
    assert (told, waiting) == ([1, 0], [1, 1])


def test_counts_requests_by_template_and_never_by_what_a_stranger_wrote(shop: Shop) -> None:
    purchase = a_purchase(shop)
    assert purchase.status == "paid"
    shop.api("GET", "/no/such/place/secret")
    shop.api("SECRET", "/api/books")

    body = shop.api("GET", "/metrics").text

    assert 'route="/api/orders/{order_id}",status="200"' in body
    assert 'method="GET",route="unmatched",status="404"' in body
    assert 'method="other",route="/api/books",status="405"' in body
    secrets = (purchase.order_id, purchase.buyer.account_id, purchase.buyer.address, "ecret")
    assert [one for one in secrets if one in body] == []


def test_counts_no_request_twice(shop: Shop) -> None:
    name = "souk_http_requests_total GET /api/books 200"
    for _ in range(3):
        shop.api("GET", "/api/books")

    found = scraped(shop)

    assert found[name] == found["souk_http_request_seconds_count GET /api/books 200"] == 3


def test_still_counts_when_the_database_is_away(shop: Shop) -> None:
    async def away() -> bytes:
        raise DatabaseUnavailable("gone")

    shop.container.services[Readings] = Readings(away, kept_seconds=0)
    shop.api("GET", "/health/live")

    found = scraped(shop)

    assert found["souk_database_readable"] == 0
    assert found["souk_http_requests_total GET /health/live 200"] == 1


def test_counts_a_defect_as_one(shop: Shop) -> None:
    async def broken() -> bytes:
        raise LookupError("a defect")

    kept = shop.container.services[Readings]
    shop.container.services[Readings] = Readings(broken, kept_seconds=0)
    assert shop.api("GET", "/metrics").status_code == 500
    shop.container.services[Readings] = kept

    assert scraped(shop)["souk_http_requests_total GET /metrics 500"] == 1


def test_refuses_whoever_asks_from_elsewhere(shop: Shop) -> None:
    elsewhere = (ip_network("192.0.2.0/24"),)
    shop.container.services[MetricsNetworks] = MetricsNetworks(elsewhere)

    answer = shop.api("GET", "/metrics")

    assert (answer.status_code, answer.json()["code"]) == (403, "metrics_not_for_you")
    assert "souk_" not in answer.text
