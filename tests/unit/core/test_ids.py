"""Identifiers."""

import re

import pytest

from souk.core.ids import ID_PATTERN, TimeOrderedIds, UnknownId, require_id

GOOD = "ord_01h455vb4pex5vsknk084sn02q"


def test_new_has_the_form_of_an_id_and_its_prefix():
    made = TimeOrderedIds().new("ord")
    assert re.fullmatch(ID_PATTERN, made)
    assert require_id("ord", made) == made


def test_new_ids_sort_by_when_they_were_made():
    ids = TimeOrderedIds()
    made = [ids.new("ord") for _ in range(500)]
    assert len(set(made)) == 500
    assert [first[:12] for first in made] == sorted(first[:12] for first in made)


@pytest.mark.parametrize(
    "text", ["", "ord_", GOOD + "0", GOOD[:-1], GOOD.upper(), GOOD + "\n", "prd" + GOOD[3:], "\x00"]
)
def test_require_id_refuses_when_the_text_is_no_id_of_this_kind(text):
    with pytest.raises(UnknownId):
        require_id("ord", text)
