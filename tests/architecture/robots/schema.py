"""What every table is made of."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator

from sqlalchemy import BigInteger, Column, Float, Integer, MetaData, Numeric, Text
from sqlalchemy.orm import registry

import souk.modules
from souk.core.db import AmountColumn, InstantColumn

from .tree import Violation

_COUNTS = (Integer, BigInteger)
# `pay_by` and `deadline` are words of the escrow contract, which the columns mirror.
_INSTANTS = ("_at", "_until", "_by", "deadline")


def load_models() -> None:
    """Declare every table."""
    for name in ("idempotency", "inbox", "outbox", "timers"):
        importlib.import_module(f"souk.core.{name}")
    for module in pkgutil.iter_modules(souk.modules.__path__, "souk.modules."):
        if importlib.util.find_spec(f"{module.name}.models") is not None:
            importlib.import_module(f"{module.name}.models")


def find_odd_columns(metadata: MetaData) -> Iterator[Violation]:
    """Columns that break a convention of types or names."""
    for table in metadata.sorted_tables:
        for column in table.columns:
            where = f"{table.name}.{column.name}"
            for message in _oddities(column):
                yield Violation(where, 1, message)


def _oddities(column: Column[object]) -> Iterator[str]:
    kind = column.type
    names_object = column.name == "id" or (
        bool(column.foreign_keys) and column.name.endswith("_id")
    )
    if names_object and not _is_id(column):
        yield 'an id of ours is TEXT COLLATE "C"'
    if isinstance(kind, Float) or (isinstance(kind, Numeric) and not kind.asdecimal):
        yield "money and time are never floating point"
    if isinstance(kind, Numeric):
        yield "an amount is declared as `Amount`, which is NUMERIC(78,0)"
    if column.name.endswith("_at") and not isinstance(kind, InstantColumn):
        yield "`*_at` is an aware instant"
    if isinstance(kind, InstantColumn) and not column.name.endswith(_INSTANTS):
        yield "an instant is named `*_at` or `*_until`"
    if column.name.endswith(("_seconds", "_days")) and not isinstance(kind, _COUNTS):
        yield "a duration is a whole number"
    if column.name == "amount" and not isinstance(kind, AmountColumn):
        yield "an amount is declared as `Amount`, which is NUMERIC(78,0)"


def _is_id(column: Column[object]) -> bool:
    targets = [key.column.type for key in column.foreign_keys]
    if isinstance(column.type, _COUNTS):
        # A chain is known by its number, which is not ours.
        return any(isinstance(target, _COUNTS) for target in targets)
    return isinstance(column.type, Text) and column.type.collation == "C"


def find_relationships(mapped: registry) -> Iterator[Violation]:
    """ORM relationships, which load rows behind the reader's back."""
    for mapper in mapped.mappers:
        for relationship in mapper.relationships:
            yield Violation(str(relationship), 1, "refer by id and foreign key instead")
