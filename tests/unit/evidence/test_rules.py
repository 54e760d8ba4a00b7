"""How much may be laid down."""

import pytest

from souk.modules.evidence.domain import EvidenceRules
from souk.modules.evidence.errors import TooMuchEvidence

RULES = EvidenceRules(pictures=3, most_bytes=100)


@pytest.mark.parametrize(("sizes", "size"), [([], 100), ([50, 40], 10)])
def test_there_is_room_up_to_the_limits(sizes: list[int], size: int) -> None:
    assert RULES.require_room(sizes, size) is None


@pytest.mark.parametrize(("sizes", "size"), [([], 101), ([50, 40], 11), ([1, 1, 1], 1)])
def test_there_is_no_room_beyond_them(sizes: list[int], size: int) -> None:
    with pytest.raises(TooMuchEvidence):
        RULES.require_room(sizes, size)
