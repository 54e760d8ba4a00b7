"""ENSIP-15 by its published vectors, all of them.

They are of Unicode 16, while our tables are of Unicode 17, by which the standard's author decides
some names otherwise: there his own program is asked."""

from collections.abc import Iterator

import pytest

from souk.adapters.ens.normaliser import EnsipNormaliser
from souk.modules.names.domain import MAX_NAME_LENGTH
from tests.support.vectors import ensip15, normalised_by_reference

PARTS = 4
DECIDED_OTHERWISE_SINCE = 85


@pytest.fixture(scope="module")
def vectors() -> list[dict]:
    return ensip15()


def wanted(vector: dict) -> str | None:
    return None if vector.get("error") else vector.get("norm", vector["name"])


def fits(vector: dict) -> bool:
    """The standard lets the empty text pass, and whatever is too long to be shown; we do not."""
    return 0 < len(vector["name"]) <= MAX_NAME_LENGTH


def differing(vectors: list[dict]) -> Iterator[tuple[str, str | None]]:
    """Names that the vectors decide otherwise than we do, with our answer."""
    normaliser = EnsipNormaliser()
    for vector in vectors:
        found = normaliser.normalise(vector["name"]).name
        if found != (wanted(vector) if fits(vector) else None):
            yield vector["name"], found


@pytest.mark.pitfall("A9")
@pytest.mark.parametrize("part", range(PARTS))
def test_normal_forms_are_the_published_ones(vectors, part, tmp_path):
    ours = dict(differing(vectors[part::PARTS]))
    reference = normalised_by_reference(list(ours), tmp_path)
    assert list(ours.values()) == reference


@pytest.mark.pitfall("A9")
def test_few_vectors_are_decided_otherwise_since(vectors, tmp_path):
    decided = normalised_by_reference([v["name"] for v in vectors], tmp_path)
    changed = [v for v, now in zip(vectors, decided, strict=True) if now != wanted(v)]
    assert (len(vectors), len(changed)) == (38_228, DECIDED_OTHERWISE_SINCE)
