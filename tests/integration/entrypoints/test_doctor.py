"""What `souk doctor` says of each dependency when it is well, and when it is not."""

import shutil
from pathlib import Path

import pytest
from pydantic import SecretStr

from souk.adapters.evm import registry
from souk.adapters.evm.deployment import Deployer
from souk.embedded.anvil import CHAIN_ID, DEPLOYER_KEY
from souk.entrypoints import examinations
from souk.entrypoints.diagnosis import Unwell, examine
from souk.settings import Settings
from souk.settings.media import ScannerSettings
from tests.support.stack import Chain, Databases, chain

NOWHERE = "127.0.0.1:9"
KEEPER = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"


@pytest.fixture
def deployed(prompt_chain: Chain, tmp_path: Path) -> Path:
    deployer = Deployer(prompt_chain.url, DEPLOYER_KEY, CHAIN_ID, say=lambda _: None)
    registry.save(tmp_path / "deployments", deployer.deploy_local(KEEPER))
    return tmp_path / "deployments"


def chain_said(chain: Chain, deployments: Path) -> str:
    return examinations.chain(CHAIN_ID, SecretStr(chain.url), deployments)


def test_calls_a_migrated_database_well(database_url: str) -> None:
    assert "PostgreSQL 18" in examinations.database(SecretStr(database_url))


def test_tells_to_migrate_when_the_schema_is_old(databases: Databases) -> None:
    with pytest.raises(Unwell) as found:
        examinations.database(SecretStr(databases.empty()))
    assert found.value.advice == "run souk migrate"


def test_shows_no_password_when_the_database_cannot_be_reached() -> None:
    url = SecretStr(f"postgresql://souk:hunter2@{NOWHERE}/souk")
    finding = examine("database", lambda: examinations.database(url))
    assert not finding.well
    assert "hunter2" not in finding.said + finding.advice


def test_calls_redis_well(redis_url: str) -> None:
    assert examinations.queue(SecretStr(redis_url)).startswith("Redis 6.2")


def test_names_the_variable_when_redis_cannot_be_reached() -> None:
    with pytest.raises(Unwell) as found:
        examinations.queue(SecretStr(f"redis://{NOWHERE}"))
    assert "REDIS_URL" in found.value.advice


def test_calls_a_chain_with_our_contracts_well(prompt_chain: Chain, deployed: Path) -> None:
    assert chain_said(prompt_chain, deployed).startswith("contracts stand")


def test_tells_to_deploy_when_nothing_is_recorded(still_chain: Chain, tmp_path: Path) -> None:
    with pytest.raises(Unwell, match="no contracts are recorded"):
        chain_said(still_chain, tmp_path)


def test_tells_to_describe_the_chain_when_it_is_not_the_local_one(tmp_path: Path) -> None:
    other = chain(tmp_path / "other.log", ticking=False, chain_id=1234)
    with other as node, pytest.raises(Unwell) as found:
        examinations.chain(1234, SecretStr(node.url), tmp_path)
    assert "souk deploy NETWORK" in found.value.advice


def test_tells_to_deploy_when_the_chain_has_forgotten_the_contracts(
    prompt_chain: Chain, deployed: Path
) -> None:
    escrow = registry.find(deployed, CHAIN_ID).escrow.address
    prompt_chain.call("anvil_setCode", escrow, "0x")
    with pytest.raises(Unwell, match=f"no code at {escrow}"):
        chain_said(prompt_chain, deployed)


def test_tells_of_other_code_where_the_escrow_should_be(
    prompt_chain: Chain, deployed: Path
) -> None:
    escrow = registry.find(deployed, CHAIN_ID).escrow.address
    prompt_chain.call("anvil_setCode", escrow, "0x6001")
    with pytest.raises(Unwell, match=f"other code than recorded at {escrow}"):
        chain_said(prompt_chain, deployed)


def test_refuses_a_node_of_another_chain(still_chain: Chain, tmp_path: Path) -> None:
    with pytest.raises(Unwell, match="the node serves chain 31337"):
        examinations.chain(1, SecretStr(still_chain.url), tmp_path)


def test_doubts_a_chain_that_stands_still(still_chain: Chain, deployed: Path) -> None:
    # The record is of another chain; a still one has made no block since the epoch it was told.
    still_chain.call("evm_setNextBlockTimestamp", 2_000_000_000)
    still_chain.mine()
    deployment = registry.find(deployed, CHAIN_ID).model_copy(update={"disposable": False})
    client = examinations.JsonRpcClient(still_chain.url, label="chain")
    with pytest.raises(Unwell, match=r"clock \+"):
        examinations._clock(client, deployment)
    client.close()


def test_names_the_variable_when_no_node_answers(tmp_path: Path) -> None:
    with pytest.raises(Unwell) as found:
        examinations.chain(CHAIN_ID, SecretStr(f"http://{NOWHERE}"), tmp_path)
    assert "CHAIN_31337_RPC_URLS" in found.value.advice


def test_calls_it_well_when_nobody_is_to_look_for_malware() -> None:
    assert examinations.scanner(ScannerSettings()).startswith("none is configured")


def test_names_the_variable_when_the_scanner_does_not_answer() -> None:
    silent = ScannerSettings(clamav_url=f"tcp://{NOWHERE}")
    found = examine("malware scanner", lambda: examinations.scanner(silent))
    assert (found.well, "CLAMAV_URL" in found.advice) == (False, True)


def test_names_packages_that_are_not_as_locked(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("sqlalchemy==0.1 \\\n    --hash=sha256:00\nno-such-package==1 ; os == 'x'\n")
    with pytest.raises(Unwell, match=r"not as locked: sqlalchemy$"):
        examinations.packages(lock)


def test_names_a_program_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Unwell, match="anvil"):
        examinations.programs(tmp_path)


def test_names_a_setting_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(Unwell, match="DATABASE_URL"):
        examinations.settings(Settings.from_environment)


def test_measures_the_disk_of_a_directory_that_is_not_there_yet(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free / 1024**3
    told = examinations.disk(tmp_path / "not" / "yet")
    assert float(told.split()[0]) == pytest.approx(free, abs=5)
