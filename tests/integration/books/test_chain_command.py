"""`souk chain`, which knows nothing but the environment."""

import json
from collections.abc import Callable

import pytest

from souk.entrypoints import cli
from tests.support.reconciling import a_purchase, execute
from tests.support.shop import Shop

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def souk(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Has the command run on the shop; its exit code, and what it says."""
    known = shop.container.settings
    monkeypatch.setenv("DATABASE_URL", known.database.database_url.get_secret_value())
    monkeypatch.setenv("REDIS_URL", known.redis.redis_url.get_secret_value())
    monkeypatch.setenv("SECRET_KEY", known.security.secret_key.get_secret_value())
    monkeypatch.setenv("STATE_DIR", str(known.paths.state_dir))
    monkeypatch.setenv("CHAIN_31337_RPC_URLS", shop.chain.url)

    def run(*words: str) -> tuple[int, str]:
        code = cli.main(["chain", *words])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_says_where_the_watcher_and_its_endpoint_stand(shop: Shop, souk: Run) -> None:
    a_purchase(shop)
    shop.chain.mine(7)

    code, said = souk("status", "--json")

    told = json.loads(said)
    assert (code, told["chain_id"], told["watcher"]["standing"]) == (0, 31337, {"confirmed": 1})
    assert [one["lag"] for one in told["endpoints"]] == [7]


def test_names_what_is_open(shop: Shop, souk: Run) -> None:
    execute(
        shop,
        "INSERT INTO chain_incident (id, chain_id, reason, detail, opened_at)"
        " VALUES ('inc_1', 31337, 'unreadable_block', 'block 9 cannot be read', now())",
    )
    execute(
        shop,
        "INSERT INTO chain_gap (id, chain_id, first_block, last_block, opened_at)"
        " VALUES ('gap_1', 31337, 9, 12, now())",
    )

    code, said = souk("status")

    assert code == 1
    assert "INCIDENT    unreadable_block since" in said
    assert "GAP         9 to 12 since" in said


def test_says_who_holds_the_lease(shop: Shop, souk: Run) -> None:
    execute(
        shop,
        "UPDATE chain SET lease_owner = 'wtc_1', lease_until = now() + interval '1 minute'",
    )

    assert "lease       held by wtc_1, epoch" in souk("status")[1]


@pytest.mark.pitfall("K3")
def test_tells_nothing_of_the_address_when_an_endpoint_fails(
    shop: Shop, souk: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = f"{shop.chain.url},http://127.0.0.1:9/v2/a-secret-key"
    monkeypatch.setenv("CHAIN_31337_RPC_URLS", urls)

    code, said = souk("status")

    assert code == 1
    assert "endpoint 2  FAILS" in said
    assert "a-secret-key" not in said


def test_finds_and_mends_a_record_that_differs(shop: Shop, souk: Run) -> None:
    a_purchase(shop)
    execute(shop, "UPDATE chain_effect SET level = 'included'")

    found = [souk("replay", *words) for words in (["--check"], [], ["--check"])]

    assert [code for code, _ in found] == [1, 0, 0]
    assert "OTHERWISE   1" in found[0][1]
    assert found[2][1].rstrip().endswith("equal, byte for byte")


def test_says_in_numbers_what_a_range_came_to(shop: Shop, souk: Run) -> None:
    a_purchase(shop)
    for table in ("chain_effect", "chain_proof", "chain_event"):
        execute(shop, f"DELETE FROM {table}")

    first, second = souk("rescan", "0"), souk("rescan", "0")

    assert "missed      1 logs, which brought 1 facts" in first[1]
    assert "missed      0 logs, which brought 0 facts" in second[1]
    assert (first[0], second[0]) == (0, 0)


def test_refuses_a_chain_that_is_not_followed(souk: Run) -> None:
    code, said = souk("status", "--chain", "1")

    assert code == 2
    assert "there are: 31337" in said


def test_says_so_when_the_node_is_away(souk: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAIN_31337_RPC_URLS", "http://127.0.0.1:9")

    assert souk("rescan", "0")[0] == 2
