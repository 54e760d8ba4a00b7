"""Who answered with something else than was asked for."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.media.models import LiarRow


def note(tx: Transaction, name: str, until: datetime) -> None:
    """Not to be asked until then."""
    found = {"lied_at": tx.now, "quarantined_until": until}
    statement = insert(LiarRow).values(name=name, **found)
    tx.session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=found))


def list_names(tx: Transaction) -> list[str]:
    """Who is not to be asked now."""
    statement = (
        select(LiarRow.name).where(LiarRow.quarantined_until > tx.now).order_by(LiarRow.name)
    )
    return list(tx.session.scalars(statement))


def forgive(tx: Transaction) -> None:
    """All of them may be asked again."""
    tx.session.execute(delete(LiarRow))
