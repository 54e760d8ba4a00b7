"""Where records are looked for, and how they are written."""

from pathlib import Path

import pytest

from souk.adapters.evm import registry
from souk.adapters.evm.registry import Contract, Deployment, NativeCoin

ADDRESS = "0x" + "11" * 20


def a_record(name: str, chain_id: int = 10) -> Deployment:
    return Deployment(
        chain_id=chain_id,
        name=name,
        block_number=7,
        confirmations=1,
        escrow=Contract(address=ADDRESS, code_hash="0x" + "12" * 32),
        native=NativeCoin(symbol="ETH", price_feed=ADDRESS),
        tokens=(),
    )


@pytest.fixture
def public(tmp_path: Path) -> Path:
    """A directory of committed records, with one in it."""
    registry.save(tmp_path / "public", a_record("public"))
    return tmp_path / "public"


def test_reads_back_what_was_written(tmp_path: Path) -> None:
    registry.save(tmp_path, a_record("ours"))
    assert registry.find(tmp_path, 10) == a_record("ours")


def test_reads_the_committed_record_when_the_installation_has_none(
    tmp_path: Path, public: Path
) -> None:
    assert registry.find(tmp_path, 10, public) == a_record("public")


def test_prefers_the_record_of_the_installation(tmp_path: Path, public: Path) -> None:
    registry.save(tmp_path, a_record("ours"))
    assert registry.find(tmp_path, 10, public) == a_record("ours")


def test_keeps_the_committed_records_of_a_checkout_beside_the_contracts() -> None:
    assert (registry.committed() / "../networks.toml").resolve().is_file()


def test_leaves_no_draft_behind(tmp_path: Path) -> None:
    registry.save(tmp_path, a_record("ours"))
    assert [path.name for path in tmp_path.iterdir()] == ["10.json"]


def test_reads_a_local_record_of_before_they_told_where_contracts_came_from() -> None:
    old = {"address": ADDRESS, "code_hash": "0x" + "12" * 32}
    assert Contract.model_validate(old).transaction is None
