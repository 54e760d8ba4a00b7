"""The right to move a chain's cursor: held by one watcher at a time, fenced by its epoch."""

from collections.abc import Callable
from contextlib import suppress

from souk.core.errors import DatabaseUnavailable
from souk.core.unit_of_work import Transaction, UnitOfWork
from souk.modules.chain.domain import Cursor
from souk.modules.chain.errors import LeaseLost
from souk.modules.chain.repository import cursor as cursor_rows


class Lease:
    """One watcher's lease on one chain, with the cursor as it stands under it.

    The lease only saves two watchers from doing the same work. What keeps them from doing harm
    is the fence: whoever took over has raised the epoch, and `move` with the old one fails.
    """

    def __init__(
        self,
        uow: UnitOfWork,
        chain_id: int,
        *,
        seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._uow = uow
        self._chain_id = chain_id
        self._seconds = seconds
        self._monotonic = monotonic
        self._cursor: Cursor | None = None
        self._renewed_at = 0.0

    def take(self, *, genesis_hash: str, start_block: int) -> Cursor | None:
        """Take the lease if nobody holds it; `None` while somebody does."""
        with self._uow.begin() as tx:
            cursor_rows.add_chain(
                tx, self._chain_id, genesis_hash=genesis_hash, next_block=start_block
            )
            taken = cursor_rows.take_lease(
                tx, self._chain_id, owner=tx.new_id("wtc"), seconds=self._seconds
            )
            tx.commit()
        return self._hold(taken)

    def cursor(self) -> Cursor | None:
        """The cursor, `None` when the lease is not held. Renews when a third of its time is
        over. Raises `LeaseLost`."""
        held = self._cursor
        if held is None or self._monotonic() - self._renewed_at < self._seconds / 3:
            return held
        with self._uow.begin() as tx:
            renewed = cursor_rows.renew_lease(
                tx, self._chain_id, epoch=held.epoch, seconds=self._seconds
            )
            tx.commit()
        if renewed is None:
            self._cursor = None
            raise LeaseLost(f"another watcher follows chain {self._chain_id} now")
        return self._hold(renewed)

    def move(self, tx: Transaction, old: Cursor, new: Cursor) -> None:
        """Move the cursor, or raise `LeaseLost`. It comes before anything else that is written:
        whoever was overtaken would run into what the other has written meanwhile."""
        # Whatever happens to the commit, only the database knows; the next turn asks it.
        self._renewed_at = float("-inf")
        if not cursor_rows.move_cursor(tx, old, new, seconds=self._seconds):
            self._cursor = None
            raise LeaseLost(f"another watcher follows chain {self._chain_id} now")

    def commit(self, tx: Transaction, moved: Cursor) -> None:
        """Commit what was written since the cursor moved."""
        tx.commit()
        self._hold(moved)

    def release(self) -> None:
        """Let the next watcher begin at once. When that fails, the lease runs out by itself."""
        held, self._cursor = self._cursor, None
        if held is None:
            return
        with suppress(DatabaseUnavailable), self._uow.begin() as tx:
            cursor_rows.release_lease(tx, self._chain_id, epoch=held.epoch)
            tx.commit()

    def _hold(self, cursor: Cursor | None) -> Cursor | None:
        self._cursor = cursor
        self._renewed_at = self._monotonic()
        return cursor
