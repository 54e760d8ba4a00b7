"""The embedded database: closed to strangers, unprivileged, and still there after a crash."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import mkdtemp

import psutil
import psycopg
import pytest

from souk.embedded import parts, postgres
from souk.embedded.accounts import Account
from tests.support.small_stack import a_cluster

from .conftest import copy_of


@pytest.fixture
def cluster(directory: Path, made: postgres.Cluster) -> postgres.Cluster:
    """A cluster of this test's own that does not run."""
    return copy_of(made, directory)


@pytest.fixture(scope="module")
def standing(made: postgres.Cluster, stack_directory: Path) -> postgres.Cluster:
    """A cluster for the tests that only look at it while it runs."""
    # A module may be begun more than once in one process: its tests are dealt out in pieces.
    directory = Path(mkdtemp(prefix="standing-", dir=stack_directory))
    directory.chmod(0o711)
    return copy_of(made, directory)


@pytest.fixture(scope="module")
def running(standing: postgres.Cluster) -> Iterator[parts.Running]:
    started = parts.start(standing.part(), standing.home.with_name("standing.log"))
    yield started
    started.kill()


def postmaster(running: parts.Running) -> psutil.Process:
    return psutil.Process(running.guardian_pid).children()[0]


def test_refuses_a_wrong_password(running: parts.Running, standing: postgres.Cluster) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(standing.url(), password="guess")


def test_asks_everyone_for_a_scram_password(
    running: parts.Running, standing: postgres.Cluster
) -> None:
    with psycopg.connect(standing.owner_url()) as connection:
        methods = connection.execute("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
        assert methods.fetchall() == [("scram-sha-256",)]


def test_listens_on_no_network(running: parts.Running) -> None:
    family = [postmaster(running), *postmaster(running).children(recursive=True)]
    assert not [c for process in family for c in process.net_connections(kind="inet")]


def test_runs_unprivileged(running: parts.Running) -> None:
    assert postmaster(running).uids().effective != 0


def test_gives_the_application_no_superuser(
    running: parts.Running, standing: postgres.Cluster
) -> None:
    with psycopg.connect(standing.url()) as connection:
        row = connection.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == (False,)


def test_keeps_committed_rows_when_killed(cluster: postgres.Cluster, directory: Path) -> None:
    cluster, log = replace(cluster, options={}), directory / "log"
    first = parts.start(cluster.part(), log)
    with psycopg.connect(cluster.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    first.kill()
    second = parts.start(cluster.part(), log)
    with psycopg.connect(cluster.url()) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    second.kill()


@pytest.fixture
def stranger(account: Account | None) -> Iterator[int]:
    """The pid of a process of the database's own account that is no database."""
    uid = account.uid if account else None
    with subprocess.Popen(["/bin/sleep", "600"], user=uid) as process:
        yield process.pid
        process.kill()


def test_starts_when_a_stranger_has_the_pid_in_a_dead_lock_file(
    cluster: postgres.Cluster, directory: Path, stranger: int
) -> None:
    parts.start(cluster.part(), directory / "log").kill()
    lock = cluster.data / "postmaster.pid"
    lines = lock.read_text().splitlines()
    lock.write_text("\n".join([str(stranger), *lines[1:]]) + "\n")
    second = parts.start(cluster.part(), directory / "log")
    assert second.exit_code() is None
    second.kill()


def test_refuses_data_that_another_postmaster_serves(
    running: parts.Running, standing: postgres.Cluster, directory: Path
) -> None:
    with pytest.raises(parts.PartFailed, match="already serves"):
        parts.launch(standing.part(), directory / "second.log")


def test_makes_the_cluster_anew_when_its_making_was_interrupted(
    account: Account | None, directory: Path
) -> None:
    cluster = a_cluster(directory, account)
    cluster.home.mkdir()
    (cluster.home / "data.new").mkdir()
    (cluster.home / "data.new" / "PG_VERSION").write_text("half a cluster")
    if cluster.account:
        os.chown(cluster.home, cluster.account.uid, cluster.account.gid)
    started = parts.start(cluster.part(), directory / "log")
    assert started.exit_code() is None
    started.kill()


def test_changes_no_mode_of_a_directory_it_did_not_make(
    cluster: postgres.Cluster, directory: Path
) -> None:
    around = [directory, directory.parent, postgres.installation()]
    before = [(path.stat().st_mode, path.stat().st_uid) for path in around]
    parts.start(cluster.part(), directory / "log").kill()
    assert [(path.stat().st_mode, path.stat().st_uid) for path in around] == before


def test_names_what_is_wrong_when_the_data_is_no_cluster(
    cluster: postgres.Cluster, directory: Path
) -> None:
    (cluster.data / "global" / "pg_control").unlink()
    with pytest.raises(
        parts.PartFailed, match=r"postgres ended with exit code .*(\n.*)*pg_control"
    ):
        parts.start(cluster.part(), directory / "log")
