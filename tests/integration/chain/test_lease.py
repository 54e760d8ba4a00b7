"""The lease of a watcher, by its own clock."""

import pytest
from sqlalchemy import Connection

from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.service.lease import Lease
from tests.support.chain_builders import CHAIN_ID, rows_of


@pytest.mark.parametrize(("seconds", "is_renewed"), [(19, False), (21, True)])
def test_is_renewed_when_a_third_of_its_time_is_over(
    uow: UnitOfWork, connection: Connection, seconds: int, is_renewed: bool
) -> None:
    clock = [1_000]
    lease = Lease(uow, CHAIN_ID, seconds=60, monotonic=lambda: clock[0])
    lease.take(genesis_hash="0x00", start_block=0)
    connection.exec_driver_sql("UPDATE chain SET lease_until = clock_timestamp() + interval '1 d'")

    clock[0] += seconds
    lease.cursor()

    shorter = "SELECT lease_until < clock_timestamp() + interval '1 hour' FROM chain"
    assert rows_of(connection, shorter) == [(is_renewed,)]
