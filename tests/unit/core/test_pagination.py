"""Cursors: signed, bound to one list."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from souk.core.pagination import BadCursor, CursorCodec

SECRET = b"a secret of this test"
CODEC = CursorCodec(SECRET)
positions = st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4)


@given(positions)
def test_decode_gives_back_what_was_encoded(position):
    cursor = CODEC.encode("orders", position)
    assert CODEC.decode("orders", cursor, width=len(position)) == tuple(position)


def test_decode_begins_at_the_start_when_there_is_no_cursor():
    assert CODEC.decode("orders", None, width=1) is None


@given(st.data())
def test_decode_refuses_when_a_character_was_changed(data):
    cursor = CODEC.encode("orders", ["2026", "ord_1"])
    at = data.draw(st.integers(0, len(cursor) - 2))
    other = "A" if cursor[at] != "A" else "B"
    with pytest.raises(BadCursor):
        CODEC.decode("orders", cursor[:at] + other + cursor[at + 1 :], width=2)


@given(st.text(max_size=60))
def test_decode_refuses_when_the_text_is_junk(junk):
    with pytest.raises(BadCursor):
        CODEC.decode("orders", junk, width=1)


@pytest.mark.parametrize(
    ("scope", "width", "codec"),
    [
        ("orders:paid", 1, CODEC),
        ("orders", 2, CODEC),
        ("orders", 1, CursorCodec(b"the secret of another")),
    ],
)
def test_decode_refuses_when_the_cursor_is_of_another_list(scope, width, codec):
    cursor = CODEC.encode("orders", ["ord_1"])
    with pytest.raises(BadCursor):
        codec.decode(scope, cursor, width=width)


def test_codec_refuses_when_its_secret_is_short():
    with pytest.raises(ValueError, match="16 bytes"):
        CursorCodec(b"x" * 15)


TRICKY = ["plain", "next_key", '"next_key": null', '}"]', "é\u2028", '\\"next_key\\" : [']


@pytest.mark.parametrize("text", TRICKY)
@pytest.mark.parametrize("separators", [(", ", " : "), (",", ":")])
def test_page_signs_the_last_rows_key_when_texts_look_like_it(text, separators):
    rows = [{"title": text, "next_key": text}]
    composed = json.dumps({"data": rows, "next_key": [text, "ord_1"]}, separators=separators)
    page = json.loads(CODEC.page("orders", composed.encode()))
    assert page["data"] == rows
    assert CODEC.decode("orders", page["next_cursor"], width=2) == (text, "ord_1")


def test_page_has_no_cursor_when_it_is_the_last():
    assert CODEC.page("orders", b'{"data" : [], "next_key" : null}') == (
        b'{"data" : [], "next_cursor":null}'
    )


def test_page_is_empty_when_there_is_no_document():
    assert json.loads(CODEC.page("orders", None)) == {"data": [], "next_cursor": None}


def test_page_refuses_when_the_document_is_no_page():
    with pytest.raises(ValueError, match="next_key"):
        CODEC.page("orders", b'{"data":[]}')
