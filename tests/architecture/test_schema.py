"""What every table is made of: text ids, whole amounts, aware instants, no relationships."""

from typing import Any

import pytest
from sqlalchemy import Column, DateTime, Float, ForeignKey, MetaData, Numeric, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from souk.core.db import AmountColumn, Base, InstantColumn

from .robots.schema import find_odd_columns, find_relationships, load_models
from .robots.tree import listing


def a_schema(*columns: Column[Any]) -> MetaData:
    metadata = MetaData()
    Table("thing", metadata, Column("id", Text(collation="C"), primary_key=True), *columns)
    return metadata


def test_builds_every_table_of_the_same_kinds() -> None:
    load_models()

    assert listing(find_odd_columns(Base.metadata)) == ""


def test_loads_nothing_behind_a_readers_back() -> None:
    load_models()

    assert listing(find_relationships(Base.registry)) == ""


@pytest.mark.parametrize(
    "column",
    [
        Column("owner_id", Text(), ForeignKey("thing.id")),
        Column("rate", Float()),
        Column("price", Numeric(20, 2)),
        Column("created_at", DateTime()),
        Column("seen", InstantColumn()),
        Column("wait_seconds", AmountColumn()),
        Column("amount", Text()),
    ],
)
def test_flags_a_column_when_it_breaks_a_convention(column: Column[Any]) -> None:
    assert f"thing.{column.name}" in listing(find_odd_columns(a_schema(column)))


def test_passes_columns_when_they_keep_the_conventions() -> None:
    columns = [
        Column("owner_id", Text(collation="C"), ForeignKey("thing.id")),
        Column("amount", AmountColumn()),
        Column("created_at", InstantColumn()),
        Column("leased_until", InstantColumn()),
    ]

    assert listing(find_odd_columns(a_schema(*columns))) == ""


def test_flags_a_relationship_when_a_model_has_one() -> None:
    class Scratch(DeclarativeBase):
        pass

    class Parent(Scratch):
        __tablename__ = "parent"
        id: Mapped[str] = mapped_column(primary_key=True)
        parent_id: Mapped[str] = mapped_column(ForeignKey("parent.id"))
        children: Mapped[list["Parent"]] = relationship()

    assert "Parent.children" in listing(find_relationships(Scratch.registry))
