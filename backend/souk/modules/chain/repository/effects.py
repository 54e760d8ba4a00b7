"""Logs as they were given, and the effects that they show."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import (
    DecodedEvent,
    EscrowFactKind,
    Heights,
    Level,
    RawLog,
    Sighting,
)
from souk.modules.chain.models import ChainEffectRow, ChainEventRow


def add_event(tx: Transaction, chain_id: int, log: RawLog, decoded: DecodedEvent | None) -> str:
    """Keep a log for ever; returns the id it has, also when it was kept before."""
    statement = (
        insert(ChainEventRow)
        .values(
            id=tx.new_id("cev"),
            chain_id=chain_id,
            block_hash=log.block_hash,
            log_index=log.log_index,
            block_number=log.block_number,
            transaction_hash=log.transaction_hash,
            transaction_index=log.transaction_index,
            contract=log.address,
            topics=list(log.topics),
            data=log.data,
            kind=None if decoded is None else str(decoded.kind),
            escrow_id=None if decoded is None else decoded.escrow_id,
            args=None if decoded is None else dict(decoded.args),
            observed_at=tx.now,
        )
        .on_conflict_do_update(
            index_elements=["chain_id", "block_hash", "log_index"],
            set_={"block_number": log.block_number},
        )
        .returning(ChainEventRow.id)
    )
    return tx.session.execute(statement).scalar_one()


# The n-th fact of a kind is the n-th that stands: an orphaned one leaves its place to the next.
_POINT = text(
    """
    INSERT INTO chain_effect (id, chain_id, contract, escrow_id, kind, sequence,
        event_id, observation_id, block_number, level, updated_at)
    SELECT :id, :chain_id, :contract, :escrow_id, :kind, count(*),
        :event_id, :observation_id, :block_number, 'included', :now
    FROM chain_effect
    WHERE chain_id = :chain_id AND contract = :contract AND escrow_id = :escrow_id
      AND kind = :kind AND event_id IS NOT NULL
    HAVING NOT EXISTS (SELECT 1 FROM chain_effect WHERE event_id = :event_id)
    ON CONFLICT (chain_id, contract, escrow_id, kind, sequence) DO UPDATE SET
        event_id = excluded.event_id, observation_id = excluded.observation_id,
        block_number = excluded.block_number, level = excluded.level,
        updated_at = excluded.updated_at
    RETURNING id
    """
)


def point_effect(
    tx: Transaction, chain_id: int, sighting: Sighting, *, observation_id: str
) -> str | None:
    """Let the effect that this fact is point at its log; returns the effect's id, `None` when it
    points there already."""
    effect_id: str | None = tx.session.execute(
        _POINT,
        {
            "id": tx.new_id("eff"),
            "chain_id": chain_id,
            "contract": sighting.contract,
            "escrow_id": sighting.escrow_id,
            "kind": sighting.kind,
            "event_id": sighting.event_id,
            "observation_id": observation_id,
            "block_number": sighting.block_number,
            "now": tx.now,
        },
    ).scalar_one_or_none()
    return effect_id


_UNPOINT = text(
    """
    WITH shown AS (
        SELECT id, observation_id FROM chain_effect
        WHERE chain_id = :chain_id AND event_id = :event_id FOR UPDATE)
    UPDATE chain_effect AS effect
    SET event_id = NULL, observation_id = NULL, block_number = NULL, level = NULL,
        updated_at = :now
    FROM shown WHERE effect.id = shown.id
    RETURNING shown.id, shown.observation_id
    """
)


def unpoint_effect(tx: Transaction, chain_id: int, event_id: str) -> tuple[str, str]:
    """Let the effect shown by this log point at none; returns its id and the observation that
    ended."""
    row = tx.session.execute(
        _UNPOINT, {"chain_id": chain_id, "event_id": event_id, "now": tx.now}
    ).one()
    return row.id, row.observation_id


_SIGHTINGS = """
    SELECT event.id AS event_id, event.contract, event.escrow_id, event.kind, event.args,
        event.block_number, event.block_hash, block.timestamp AS block_timestamp,
        event.transaction_hash, event.log_index,
        effect.id AS effect_id, effect.observation_id, effect.level
    FROM chain_effect AS effect
    JOIN chain_event AS event ON event.id = effect.event_id
    JOIN chain_block AS block
      ON block.chain_id = event.chain_id AND block.hash = event.block_hash
    WHERE effect.chain_id = :chain_id AND {condition}
    ORDER BY event.block_number, event.log_index
"""
_ABOVE = text(_SIGHTINGS.format(condition="effect.block_number > :above"))
_RISING = text(
    _SIGHTINGS.format(
        condition="""effect.level <> 'final' AND (
            (effect.level = 'included' AND effect.block_number <= :confirmed)
            OR (effect.level <> 'safe' AND effect.block_number <= :safe)
            OR effect.block_number <= :final)"""
    )
)


def _sighting(row: Row[tuple[object, ...]]) -> Sighting:
    values = row._mapping
    return Sighting(**{name: values[name] for name in Sighting.__dataclass_fields__})


def list_sightings_above(tx: Transaction, chain_id: int, above: int) -> list[Sighting]:
    """The facts that stand in blocks higher than `above`, in the order of the chain."""
    rows = tx.session.execute(_ABOVE, {"chain_id": chain_id, "above": above})
    return [_sighting(row) for row in rows]


def list_rising(
    tx: Transaction, chain_id: int, heights: Heights
) -> Iterable[tuple[str, str, Level, Sighting]]:
    """Effect, observation, old level and sighting of each fact whose block has passed a level
    that was not said of it yet."""
    rows = tx.session.execute(
        _RISING,
        {
            "chain_id": chain_id,
            "confirmed": heights.confirmed,
            "safe": heights.safe,
            "final": heights.final,
        },
    ).all()
    for row in rows:
        yield row.effect_id, row.observation_id, Level(row.level), _sighting(row)


def raise_effect(tx: Transaction, effect_id: str, level: Level) -> None:
    """Record the level that was said of an effect."""
    tx.session.execute(
        text("UPDATE chain_effect SET level = :level, updated_at = :now WHERE id = :id"),
        {"level": str(level), "now": tx.now, "id": effect_id},
    )


def exists_standing(
    tx: Transaction,
    chain_id: int,
    *,
    contract: str,
    escrow_ids: Sequence[str],
    kind: EscrowFactKind,
) -> bool:
    """Whether a canonical block shows a fact of this kind about one of these escrows."""
    effect = ChainEffectRow
    found = tx.session.execute(
        select(effect.id)
        .where(
            effect.chain_id == chain_id,
            effect.contract == contract,
            effect.escrow_id.in_(escrow_ids),
            effect.kind == str(kind),
            effect.event_id.is_not(None),
        )
        .limit(1)
    )
    return found.first() is not None
