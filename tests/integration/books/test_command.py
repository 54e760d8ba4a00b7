"""`souk reconcile` on a shop of which it knows nothing but the environment."""

import pytest

from souk.entrypoints import cli
from souk.settings import Settings
from tests.support.reconciling import PHANTOM_ENTRY, PLACE, a_purchase, execute, take_in_unheard
from tests.support.shop import Shop


@pytest.fixture
def environment(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the shop's own processes would be given."""
    known = shop.container.settings
    monkeypatch.setenv("DATABASE_URL", known.database.database_url.get_secret_value())
    monkeypatch.setenv("REDIS_URL", known.redis.redis_url.get_secret_value())
    monkeypatch.setenv("SECRET_KEY", known.security.secret_key.get_secret_value())
    monkeypatch.setenv("STATE_DIR", str(known.paths.state_dir))
    monkeypatch.setenv("CHAIN_31337_RPC_URLS", shop.chain.url)
    return known


def test_ends_well_and_says_what_it_mended_when_a_fact_was_lost(
    shop: Shop, environment: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    purchase = a_purchase(shop, paid=False)
    purchase.pay()
    take_in_unheard(shop, blocks=2)

    code = cli.main(["reconcile", "--days", "3000"])

    said = capsys.readouterr().out
    assert (code, purchase.status) == (0, "paid")
    assert "missed facts: 1" in said
    assert "nothing is open" in said


def test_ends_badly_and_lists_what_is_open(
    shop: Shop, environment: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    a_purchase(shop)
    execute(shop, *PHANTOM_ENTRY)

    code = cli.main(["reconcile", "--rail", PLACE])

    said = capsys.readouterr().out
    assert code == 1
    assert "money_missing  books_equal_the_leg  leg_" in said


def test_refuses_a_rail_that_there_is_not(
    shop: Shop, environment: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code = cli.main(["reconcile", "--rail", "eip155:1"])

    assert code == 2
    assert PLACE in capsys.readouterr().err


def test_says_so_when_a_rail_is_away(
    shop: Shop, environment: Settings, monkeypatch, capsys: pytest.CaptureFixture[str]
) -> None:
    a_purchase(shop)
    monkeypatch.setenv("CHAIN_31337_RPC_URLS", "http://127.0.0.1:9")

    code = cli.main(["reconcile"])

    assert code == 2
    assert "not compared" in capsys.readouterr().out


def test_refuses_a_number_of_days_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["reconcile", "--days", "0"])

    assert ended.value.code == 2
    assert "from 1 to" in capsys.readouterr().err
