"""Others keep our documents without learning what is in them."""

from dataclasses import replace

import pytest

from souk.adapters.crypto.sealed_documents import XChaChaDocumentSealer
from souk.modules.media.domain import (
    MAX_BLOCK_BYTES,
    MAX_DOCUMENT_BYTES,
    SEALING_BYTES,
    is_named,
)
from souk.modules.media.errors import DocumentLost
from souk.modules.media.ports import DocumentSealer

KEY, DOCUMENT = b"k" * 32, b"the terms of an order"


@pytest.fixture
def sealer() -> DocumentSealer:
    return XChaChaDocumentSealer(KEY)


def test_document_comes_back(sealer: DocumentSealer) -> None:
    assert XChaChaDocumentSealer(KEY).open("ord_1", sealer.seal("ord_1", DOCUMENT)) == DOCUMENT


@pytest.mark.parametrize("size", [0, 1, MAX_DOCUMENT_BYTES])
def test_sealed_document_is_one_block(sealer: DocumentSealer, size: int) -> None:
    sealed = sealer.seal("ord_1", b"x" * size)
    assert len(sealed.block) == size + SEALING_BYTES <= MAX_BLOCK_BYTES
    assert is_named(sealed.block, sealed.cid)


def test_seal_refuses_what_does_not_fit_into_a_block(sealer: DocumentSealer) -> None:
    with pytest.raises(ValueError, match="do not fit"):
        sealer.seal("ord_1", b"x" * (MAX_DOCUMENT_BYTES + 1))


def test_sealed_document_tells_nothing(sealer: DocumentSealer) -> None:
    first, second = sealer.seal("ord_1", DOCUMENT), sealer.seal("ord_1", DOCUMENT)
    assert first.cid != second.cid
    assert first.wrapped_key != second.wrapped_key
    assert DOCUMENT not in first.block


def test_document_is_lost_when_it_is_anothers(sealer: DocumentSealer) -> None:
    with pytest.raises(DocumentLost):
        sealer.open("ord_2", sealer.seal("ord_1", DOCUMENT))


def test_document_is_lost_under_another_key(sealer: DocumentSealer) -> None:
    with pytest.raises(DocumentLost):
        XChaChaDocumentSealer(b"o" * 32).open("ord_1", sealer.seal("ord_1", DOCUMENT))


def test_key_opens_its_own_document_alone(sealer: DocumentSealer) -> None:
    first, second = sealer.seal("ord_1", DOCUMENT), sealer.seal("ord_1", b"another")
    for mixed in (
        replace(first, wrapped_key=second.wrapped_key),
        replace(first, block=second.block),
        replace(first, cid=second.cid),
    ):
        with pytest.raises(DocumentLost):
            sealer.open("ord_1", mixed)


def test_document_is_lost_when_any_byte_was_changed(sealer: DocumentSealer) -> None:
    sealed = sealer.seal("ord_1", DOCUMENT)
    for place in range(len(sealed.block)):
        changed = bytearray(sealed.block)
        changed[place] ^= 1
        with pytest.raises(DocumentLost):
            sealer.open("ord_1", replace(sealed, block=bytes(changed)))
