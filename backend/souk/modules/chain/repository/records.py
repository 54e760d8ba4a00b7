"""Reading the record of a chain as a whole, and in the order of time."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Row, select, text

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import Level, SettledBlock, Sighting, StandingFact
from souk.modules.chain.models import ChainBlockRow, ChainEffectRow
from souk.modules.chain.repository import blocks as block_rows

_STANDING = """
    SELECT event.id AS event_id, event.contract, event.escrow_id, event.kind, event.args,
        event.block_number, event.block_hash, block.timestamp AS block_timestamp,
        event.transaction_hash, event.log_index, block.observed_at,
        effect.id AS effect_id, effect.observation_id, effect.level
    FROM chain_effect AS effect
    JOIN chain_event AS event ON event.id = effect.event_id
    JOIN chain_block AS block
      ON block.chain_id = event.chain_id AND block.hash = event.block_hash
"""
_PAGE = text(
    _STANDING
    + """
    WHERE effect.chain_id = :chain_id AND effect.block_number <= :below_block
      AND (event.block_number, event.log_index) < (:below_block, :below_log)
    ORDER BY effect.block_number DESC, event.log_index DESC LIMIT :limit
    """
)
_OF_ESCROW = text(
    _STANDING
    + """
    WHERE effect.chain_id = :chain_id AND effect.contract = :contract
      AND effect.escrow_id = :escrow_id
    ORDER BY event.block_number, event.log_index
    """
)


def _standing(row: Row[tuple[object, ...]]) -> StandingFact:
    values = row._mapping
    sighting = Sighting(**{name: values[name] for name in Sighting.__dataclass_fields__})
    return StandingFact(
        values["effect_id"],
        values["observation_id"],
        Level(values["level"]),
        sighting,
        values["observed_at"],
    )


def list_standing(
    tx: Transaction, chain_id: int, *, below: tuple[int, int], limit: int
) -> list[StandingFact]:
    """The facts that stand before this place (block and log index), the last ones first."""
    block, log = below
    rows = tx.session.execute(
        _PAGE, {"chain_id": chain_id, "below_block": block, "below_log": log, "limit": limit}
    )
    return [_standing(row) for row in rows]


def list_standing_of(
    tx: Transaction, chain_id: int, *, contract: str, escrow_id: str
) -> list[StandingFact]:
    """The facts that stand about one escrow, in the order of the chain."""
    asked = {"chain_id": chain_id, "contract": contract, "escrow_id": escrow_id}
    return [_standing(row) for row in tx.session.execute(_OF_ESCROW, asked)]


def list_known_effects(tx: Transaction, effect_ids: Collection[str]) -> set[str]:
    """Those of these effects that were ever seen, whether they stand or not."""
    found = tx.session.scalars(
        select(ChainEffectRow.id).where(ChainEffectRow.id.in_(list(effect_ids)))
    )
    return set(found)


def find_settled(
    tx: Transaction, chain_id: int, confirmations: int, patience: timedelta
) -> SettledBlock | None:
    """The newest block that had come to the level at which facts count so long ago."""
    row, before = ChainBlockRow, tx.now - patience
    top = tx.session.execute(
        select(row.number, row.observed_at)
        .where(row.chain_id == chain_id, row.canonical, row.observed_at <= before)
        .order_by(row.number.desc())
        .limit(1)
    ).one_or_none()
    if top is None:
        return None
    head = block_rows.find_head(tx, chain_id, up_to=top.number - confirmations + 1)
    return None if head is None else SettledBlock(head.number, head.hash, head.at, top.observed_at)


def find_block_before(tx: Transaction, chain_id: int, instant: datetime) -> int | None:
    """The number of the last kept block that is not younger than this, by the chain's time."""
    row = ChainBlockRow
    return tx.session.scalar(
        select(row.number)
        .where(row.chain_id == chain_id, row.canonical, row.timestamp <= int(instant.timestamp()))
        .order_by(row.number.desc())
        .limit(1)
    )
