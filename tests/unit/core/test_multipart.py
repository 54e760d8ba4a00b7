"""Forms in parts, as they come and as they should not."""

import pytest

from souk.core.multipart import (
    MalformedParts,
    NotMultipart,
    Part,
    TooManyParts,
    divided,
    find_boundary,
)

HEAD = b'--b\r\nContent-Disposition: form-data; name="a"'


def test_divides_fields_and_files() -> None:
    content = HEAD + b"\r\n\r\nx\r\n" + HEAD + b'; filename="c.png"\r\nX: y\r\n\r\n\r\n--b--\r\n'

    one, other = divided(content, b"b", max_parts=2)

    assert (one.name, one.is_file, content[one.start : one.end]) == ("a", False, b"x")
    assert (other.name, other.is_file, other.size) == ("a", True, 0)


def test_leaves_line_ends_and_what_looks_like_a_boundary_in_a_file() -> None:
    inside = b"\r\n\r\n--a\r\n-b\r\n"
    content = HEAD + b"\r\n\r\n" + inside + b"\r\n--b--"

    [part] = divided(content, b"b", max_parts=1)

    assert content[part.start : part.end] == inside


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"--",
        b"--b",
        b"--b\r\n",
        b"preamble\r\n--b--",
        HEAD,
        HEAD + b"\r\n\r\nx",
        HEAD + b"\r\n\r\nx\r\n--b",
        HEAD + b"\r\n\r\nx\r\n--bx--",
        HEAD + b"\r\nX: " + b"y" * 5_000 + b"\r\n\r\nx\r\n--b--",
        b"--b\r\n\r\nx\r\n--b--",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        b'--b\r\nContent-Disposition: attachment; name="a"\r\n\r\nx\r\n--b--',
    ],
)
def test_refuses_what_is_not_divided_properly(content: bytes) -> None:
    with pytest.raises(MalformedParts):
        divided(content, b"b", max_parts=5)


@pytest.mark.pitfall("I11")
def test_stops_at_the_first_part_that_is_too_many() -> None:
    class Counting(bytes):
        looks = 0

        def find(self, *args: object) -> int:
            Counting.looks += 1
            return super().find(*args)

    content = Counting((HEAD + b"\r\n\r\nx\r\n") * 1_000 + b"--b--")

    with pytest.raises(TooManyParts):
        divided(content, b"b", max_parts=3)

    assert Counting.looks == 6


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('Multipart/Form-Data; charset=utf-8; boundary="a b"', b"a b"),
        ("multipart/form-data;boundary=----W-1; x=y", b"----W-1"),
    ],
)
def test_finds_the_boundary(content_type: str, boundary: bytes) -> None:
    assert find_boundary(content_type) == boundary


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 71],
)
def test_refuses_a_body_without_a_boundary(content_type: str) -> None:
    with pytest.raises(NotMultipart):
        find_boundary(content_type)


def test_knows_how_long_a_part_is() -> None:
    assert Part("a", is_file=True, start=3, end=8).size == 5
