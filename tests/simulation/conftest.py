"""What campaigns are run against, besides the database."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime

import pytest

from tests.support.card_fixtures import card_server, faulty_server
from tests.support.card_shop import CardShop, a_card_shop
from tests.support.clock import MovableClock
from tests.support.simchain import seeds
from tests.support.simchain.campaign import Campaign
from tests.support.simchain.market import furnish, orders_in
from tests.support.stack import Databases

__all__ = ["card_server", "clock", "faulty_server", "shop"]

World = Callable[[int], AbstractContextManager[Campaign]]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--seed", type=int, help="the one simulated chain to run")
    parser.addoption("--seeds", type=int, help="how many simulated chains to run")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames and "world" in metafunc.fixturenames:
        option = metafunc.config.getoption
        wanted = seeds.chosen(seed=option("seed"), seeds=option("seeds"), deep=option("deep"))
        metafunc.parametrize("seed", wanted)


@pytest.fixture(scope="session")
def market(databases: Databases) -> str:
    """A database with orders that are about to be paid; nobody is connected to it."""
    return furnish(databases)


@pytest.fixture
def world(databases: Databases, market: str) -> World:
    """Makes the world of a seed, with a copy of the market."""

    @contextmanager
    def made(seed: int) -> Iterator[Campaign]:
        url = databases.copied(market)
        campaign = Campaign(seed, url, orders_in(url))
        try:
            yield campaign
        finally:
            campaign.engine.dispose()
            databases.drop(url)

    return made


def _happened(reporter: object) -> list[dict[str, int]]:
    """What each seed's test has told."""
    reports = getattr(reporter, "stats", {}).get("passed", [])
    return [
        value for report in reports for name, value in report.user_properties if name == "happened"
    ]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = _happened(terminalreporter)
    if told:
        for line in seeds.summary(sum(map(Counter, told), Counter()), len(told)):
            terminalreporter.write_line(line)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A long run in which some kind of trouble hardly happened has shown nothing of it."""
    told = _happened(session.config.pluginmanager.get_plugin("terminalreporter"))
    rare = seeds.too_rare(sum(map(Counter, told), Counter()), len(told))
    if rare:
        print("\nhappened too rarely:", ", ".join(rare))
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def clock() -> MovableClock:
    """The provider's time is the real one, so that ours begins there too."""
    return MovableClock(datetime.now(UTC))


@pytest.fixture
def shop(uow, card_server, clock) -> CardShop:
    """With an order of one seller."""
    return a_card_shop(uow, card_server, clock)
