"""What is read as an answer is one; everything else is garbage, and no other error."""

import random

import pytest

from souk.adapters.images.wire import (
    HEADER,
    Ended,
    Garbled,
    Kind,
    frame,
    read_answer,
    read_ended,
    read_header,
    write_answer,
)
from souk.modules.media.domain import (
    MAX_VARIANT_BYTES,
    CleanedFile,
    CleanedImage,
    Form,
    MediaType,
    Refusal,
    Variant,
    compute_cid,
)

HEADS = {MediaType.WEBP: b"RIFF\0\0\0\0WEBP", MediaType.JPEG: b"\xff\xd8\xff"}


def an_image(**changed: object) -> CleanedImage:
    files = tuple(
        CleanedFile(variant, kind, HEADS[kind], compute_cid(HEADS[kind]), 3, 2)
        for variant in Variant
        for kind in MediaType
    )
    plain = {"form": Form.PNG, "width": 3, "height": 2, "animated": False, "files": files}
    return CleanedImage(**{**plain, "colour": "#0a0b0c", "blurhash": "L00", **changed})


def with_file(**changed: object) -> CleanedImage:
    """Its first file is another."""
    first, *others = an_image().files
    kept = {name: getattr(first, name) for name in CleanedFile.__slots__}
    return an_image(files=(CleanedFile(**{**kept, **changed}), *others))


@pytest.mark.parametrize("outcome", [an_image(), an_image(animated=True), *Refusal])
def test_answers_are_read_as_they_were_written(outcome) -> None:
    assert read_answer(write_answer(outcome)) == outcome


def test_read_computes_every_cid_itself() -> None:
    lying = with_file(cid=compute_cid(b"something else"))
    assert read_answer(write_answer(lying)) == an_image()


@pytest.mark.parametrize(
    "changed",
    [
        {"content": b"<html>"},
        {"content": HEADS[MediaType.JPEG]},
        {"content": HEADS[MediaType.WEBP] + bytes(MAX_VARIANT_BYTES)},
        {"width": 161},
        {"height": 0},
    ],
)
def test_read_refuses_a_file_when_it_is_none_of_its_variant(changed) -> None:
    with pytest.raises(Garbled):
        read_answer(write_answer(with_file(**changed)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x02",
        b"\x00nothing_known",
        b"\x00\xff",
        b"\x01",
        write_answer(an_image()) + b"\0",
        write_answer(an_image(width=0)),
        write_answer(an_image(blurhash="L" * 65)),
        b"\x01\x09" + write_answer(an_image())[2:],
    ],
)
def test_read_refuses_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(Garbled):
        read_answer(body)


def test_read_bears_any_bytes() -> None:
    dice, whole = random.Random(1), write_answer(an_image())
    for length in range(len(whole)):
        with pytest.raises(Garbled):
            read_answer(whole[:length])
    for _ in range(500):
        wrong = bytearray(whole)
        wrong[dice.randrange(len(wrong))] = dice.randrange(256)
        try:
            read_answer(bytes(wrong))
        except Garbled:
            continue


def test_header_refuses_a_kind_that_may_not_come_now() -> None:
    with pytest.raises(Garbled):
        read_header(frame(Kind.ENDED, b"")[: HEADER.size], Kind.ANSWER)


@pytest.mark.parametrize("kind", Kind)
def test_header_refuses_more_than_its_kind_holds(kind: Kind) -> None:
    assert read_header(HEADER.pack(kind.value, kind.most), kind) == (kind, kind.most)
    with pytest.raises(Garbled):
        read_header(HEADER.pack(kind.value, kind.most + 1), kind)


def test_ended_is_read_as_it_was_written() -> None:
    ended = Ended(-9, 123_456_789, 1.5)
    assert read_ended(ended.encoded()) == ended
    with pytest.raises(Garbled):
        read_ended(b"short")
