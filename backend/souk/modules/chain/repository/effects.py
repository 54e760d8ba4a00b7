"""Logs as they were given, and the effects that they show."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Row, select, text

from souk.core.unit_of_work import Transaction
from souk.modules.chain.domain import (
    DecodedEvent,
    EscrowFactKind,
    Heights,
    Level,
    RawLog,
    Sighting,
)
from souk.modules.chain.models import ChainEffectRow


class Shown(NamedTuple):
    """An effect, one stay of it on the canonical chain, and the fact that shows it there."""

    effect_id: str
    observation_id: str
    sighting: Sighting


# All logs of a batch at once, as JSON: a statement for each would take most of the time that a
# watcher has for it.
_KEEP = text(
    """
    INSERT INTO chain_event (id, chain_id, block_hash, log_index, block_number, transaction_hash,
        transaction_index, contract, topics, data, kind, escrow_id, args, observed_at)
    SELECT id, :chain_id, block_hash, log_index, block_number, transaction_hash,
        transaction_index, contract, topics, decode(data, 'hex'), kind, escrow_id, args, :now
    FROM json_to_recordset(CAST(:logs AS json)) AS given (
        id text, block_hash text, log_index integer, block_number bigint, transaction_hash text,
        transaction_index integer, contract text, topics text[], data text, kind text,
        escrow_id text, args jsonb)
    ON CONFLICT (chain_id, block_hash, log_index) DO UPDATE SET block_number = excluded.block_number
    RETURNING block_hash, log_index, id
    """
)


def add_events(
    tx: Transaction, chain_id: int, logs: Sequence[tuple[RawLog, DecodedEvent | None]]
) -> dict[tuple[str, int], str]:
    """Keep logs for ever, with what they mean; returns the id of each by its block's hash and its
    index there, which is an older one if it was kept before."""
    if not logs:
        return {}
    given = [
        {
            "id": tx.new_id("cev"),
            "block_hash": log.block_hash,
            "log_index": log.log_index,
            "block_number": log.block_number,
            "transaction_hash": log.transaction_hash,
            "transaction_index": log.transaction_index,
            "contract": log.address,
            "topics": log.topics,
            "data": log.data.hex(),
            "kind": None if decoded is None else decoded.kind,
            "escrow_id": None if decoded is None else decoded.escrow_id,
            "args": None if decoded is None else decoded.args,
        }
        for log, decoded in logs
    ]
    kept = tx.session.execute(
        _KEEP, {"chain_id": chain_id, "logs": json.dumps(given), "now": tx.now}
    )
    return {(row.block_hash, row.log_index): row.id for row in kept}


# The n-th fact of a kind is the n-th that stands: an orphaned one leaves its place to the next.
# A log that an effect points at already shows nothing new.
_POINT = text(
    """
    INSERT INTO chain_effect (id, chain_id, contract, escrow_id, kind, sequence,
        event_id, observation_id, block_number, level, updated_at)
    SELECT id, :chain_id, contract, escrow_id, kind,
        row_number() OVER (PARTITION BY contract, escrow_id, kind ORDER BY place) - 1 + (
            SELECT count(*) FROM chain_effect AS other
            WHERE other.chain_id = :chain_id AND other.contract = fact.contract
              AND other.escrow_id = fact.escrow_id AND other.kind = fact.kind
              AND other.event_id IS NOT NULL),
        event_id, observation_id, block_number, level, :now
    FROM json_to_recordset(CAST(:facts AS json)) AS fact (
        place integer, id text, contract text, escrow_id text, kind text, event_id text,
        observation_id text, block_number bigint, level text)
    WHERE NOT EXISTS (SELECT 1 FROM chain_effect AS other WHERE other.event_id = fact.event_id)
    ON CONFLICT (chain_id, contract, escrow_id, kind, sequence) DO UPDATE SET
        event_id = excluded.event_id, observation_id = excluded.observation_id,
        block_number = excluded.block_number, level = excluded.level,
        updated_at = excluded.updated_at
    RETURNING event_id, id, observation_id
    """
)


def point_effects(
    tx: Transaction, chain_id: int, sightings: Sequence[Sighting], reached: Heights
) -> list[Shown]:
    """Let the effects that these facts are point at their logs, at the level of their blocks;
    returns those that did not point there already, in the order of the facts."""
    if not sightings:
        return []
    facts = [
        {
            "place": place,
            "id": tx.new_id("eff"),
            "contract": sighting.contract,
            "escrow_id": sighting.escrow_id,
            "kind": sighting.kind,
            "event_id": sighting.event_id,
            "observation_id": tx.new_id("obs"),
            "block_number": sighting.block_number,
            "level": reached.level_of(sighting.block_number),
        }
        for place, sighting in enumerate(sightings)
    ]
    rows = tx.session.execute(
        _POINT, {"chain_id": chain_id, "facts": json.dumps(facts), "now": tx.now}
    )
    ids = {row.event_id: (row.id, row.observation_id) for row in rows}
    return [Shown(*ids[one.event_id], one) for one in sightings if one.event_id in ids]


_UNPOINT = text(
    """
    WITH shown AS (
        SELECT event_id, id, observation_id FROM chain_effect
        WHERE chain_id = :chain_id AND event_id = ANY(CAST(:event_ids AS text[])) FOR UPDATE)
    UPDATE chain_effect AS effect
    SET event_id = NULL, observation_id = NULL, block_number = NULL, level = NULL,
        updated_at = :now
    FROM shown WHERE effect.id = shown.id
    RETURNING shown.event_id, shown.id, shown.observation_id
    """
)


def unpoint_effects(tx: Transaction, chain_id: int, sightings: Sequence[Sighting]) -> list[Shown]:
    """Let the effects that these logs show point at none; returns what ended, in the same order."""
    if not sightings:
        return []
    event_ids = [sighting.event_id for sighting in sightings]
    rows = tx.session.execute(
        _UNPOINT, {"chain_id": chain_id, "event_ids": event_ids, "now": tx.now}
    )
    ids = {row.event_id: (row.id, row.observation_id) for row in rows}
    return [Shown(*ids[sighting.event_id], sighting) for sighting in sightings]


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


def list_rising(tx: Transaction, chain_id: int, heights: Heights) -> Iterable[tuple[Level, Shown]]:
    """Each fact whose block has passed a level that was not said of it yet, with its old level."""
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
        yield Level(row.level), Shown(row.effect_id, row.observation_id, _sighting(row))


_RAISE = text(
    """
    UPDATE chain_effect SET level = risen.level, updated_at = :now
    FROM unnest(CAST(:ids AS text[]), CAST(:levels AS text[])) AS risen (id, level)
    WHERE chain_effect.id = risen.id
    """
)


def raise_effects(tx: Transaction, levels: Mapping[str, Level]) -> None:
    """Record the level that was said of each effect."""
    if levels:
        risen = {"ids": list(levels), "levels": [str(level) for level in levels.values()]}
        tx.session.execute(_RAISE, {**risen, "now": tx.now})


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
