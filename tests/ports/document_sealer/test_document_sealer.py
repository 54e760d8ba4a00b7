"""Others keep our documents without learning what is in them."""

from dataclasses import replace

import pytest

from souk.adapters.crypto.sealed_documents import XChaChaDocumentSealer
from souk.core.telemetry import redact
from souk.modules.media.domain import (
    MAX_BLOCK_BYTES,
    MAX_DOCUMENT_BYTES,
    SEALING_BYTES,
    DocumentKey,
    is_named,
)
from souk.modules.media.errors import DocumentLost
from souk.modules.media.ports import DocumentSealer
from tests.support.xchacha import decrypted, hchacha20, opened

KEY, DOCUMENT = b"k" * 32, b"the terms of an order"
PUBLISHED = (
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
    "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
    "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
    "21f9664c97637da9768812f615c68b13b52e"
    "c0875924c1c7987947deafd8780acf49"
)


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


def test_document_opens_with_other_code(sealer: DocumentSealer) -> None:
    sealed = sealer.seal("ord_1", DOCUMENT)
    key = sealer.unwrap("ord_1", sealed.cid, sealed.wrapped_key)
    assert opened(sealed.block, key.hex()) == DOCUMENT


def test_other_code_reads_what_the_draft_publishes() -> None:
    """Section 2.2.1 and appendix A.3 of draft-irtf-cfrg-xchacha-03."""
    mixed = hchacha20(bytes(range(32)), bytes.fromhex("000000090000004a0000000031415927"))
    assert mixed.hex() == "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
    key, nonce = bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58))
    beside = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    assert decrypted(key, nonce, bytes.fromhex(PUBLISHED), beside).startswith(b"Ladies and")


def test_key_is_lost_when_it_is_anothers(sealer: DocumentSealer) -> None:
    sealed = sealer.seal("ord_1", DOCUMENT)
    with pytest.raises(DocumentLost):
        sealer.unwrap("ord_2", sealed.cid, sealed.wrapped_key)


@pytest.mark.pitfall("K4")
def test_document_opens_while_the_key_before_is_known(sealer: DocumentSealer) -> None:
    sealed = sealer.seal("ord_1", DOCUMENT)
    after = XChaChaDocumentSealer(b"n" * 32, KEY)
    assert after.open("ord_1", sealed) == DOCUMENT
    with pytest.raises(DocumentLost):
        XChaChaDocumentSealer(KEY).open("ord_1", after.seal("ord_1", DOCUMENT))


def test_keys_are_shown_by_no_text_of_what_holds_them(sealer: DocumentSealer) -> None:
    """Such as a line that a log would get."""
    sealed = sealer.seal("ord_1", DOCUMENT)
    key = sealer.unwrap("ord_1", sealed.cid, sealed.wrapped_key)
    told = repr([sealed, DocumentKey(sealed.cid, key)])
    assert repr(key) not in told
    assert repr(sealed.wrapped_key) not in told
    assert key.hex() not in redact(f"key={DocumentKey(sealed.cid, key).text}")
