"""A receipt holds as it is, and no longer when anything about it is altered or made up."""

import json
import time

import pytest
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from souk.adapters.evm.escrow.hashes import ORDER_FIELDS
from souk.adapters.evm.proofs.checking import check
from souk.adapters.evm.proofs.items import Malformed, read_item
from souk.adapters.evm.proofs.paper import MOST_BYTES
from tests.support.receipts import alterations, failure, log_of, reproved, text_of, vector

PAID, SETTLED = 0, 2
VECTOR = text_of(vector())


def test_holds_when_it_is_as_it_was_given() -> None:
    assert check(VECTOR).amount == 20_100_000_000_000_000


def test_holds_only_as_it_was_given_when_any_one_thing_is_altered() -> None:
    altered = list(alterations(vector()))

    holding = [name for name, alter in altered if failure(text_of(alter())) is None]

    # The transaction's hash is no part of what a block's receipts commit to, and without its last
    # proof it is the receipt of an earlier day.
    ours = [f"proofs.{place}.claimed.transaction_hash" for place in range(3)]
    assert [name for name in holding if not name.startswith(tuple(ours))] == ["proofs less"]
    assert len(altered) > 250


@given(place=st.integers(0, len(VECTOR) - 1), byte=st.integers(0, 255))
def test_says_the_same_or_does_not_hold_when_a_byte_is_altered(place: int, byte: int) -> None:
    altered = VECTOR[:place] + bytes([byte]) + VECTOR[place + 1 :]

    assert failure(altered) is not None or unclaimed(altered) == unclaimed(VECTOR)


def unclaimed(data: bytes) -> dict:
    document = json.loads(data)
    for proof in document["proofs"]:
        proof["claimed"].pop("transaction_hash")
    return document


def test_computes_the_escrows_id_as_wallets_do() -> None:
    document = vector()
    terms = json.loads(document["terms"])
    message = {**terms["escrow"]["order"], "ref": log_of(document["proofs"][PAID])[1][64:]}
    kinds = dict(ORDER_FIELDS)
    typed = encode_typed_data(
        domain_data={
            "name": "Souk Escrow",
            "version": "1",
            "chainId": 31337,
            "verifyingContract": document["contract"],
        },
        message_types={"Order": [{"name": n, "type": k} for n, k in ORDER_FIELDS]},
        message_data={n: int(v) if "uint" in kinds[n] else v for n, v in message.items()},
    )

    digest = keccak(b"\x19" + typed.version + typed.header + typed.body)

    assert document["escrow_id"] == "0x" + digest.hex()


def test_does_not_hold_when_another_contract_wrote_the_log() -> None:
    assert failure(text_of(reproved(vector(), address=bytes(19) + b"\1"))) == "log"


def test_does_not_hold_when_the_log_is_of_another_escrow() -> None:
    topics, _ = log_of(vector()["proofs"][PAID])

    forged = reproved(vector(), topics=[topics[0], bytes(32), *topics[2:]])

    assert failure(text_of(forged)) == "log"


def test_does_not_hold_when_less_was_paid_than_the_terms_say() -> None:
    _, data = log_of(vector()["proofs"][PAID])
    forged = reproved(vector(), data=data[:32] + (1).to_bytes(32, "big") + data[64:])
    forged["proofs"][PAID]["args"]["amount"] = "1"

    assert failure(text_of(forged)) == "payment"


def test_does_not_hold_when_the_terms_are_others_than_were_paid() -> None:
    document = vector()
    document["terms"] = document["terms"].replace('"quantity":"1"', '"quantity":"2"')

    assert failure(text_of(document)) == "escrow_id"


@pytest.mark.parametrize("place", [PAID, SETTLED])
def test_does_not_hold_when_the_transaction_failed(place: int) -> None:
    assert failure(text_of(reproved(vector(), place, status=0))) == "receipt"


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, 0x7E])
def test_holds_when_the_receipt_is_of_a_standard_type(kind: int) -> None:
    assert failure(text_of(reproved(vector(), kind=kind))) is None


def test_holds_when_a_deposit_carries_its_nonce_and_version() -> None:
    assert failure(text_of(reproved(vector(), kind=0x7E, behind=[b"\5", b"\1"]))) is None


@pytest.mark.parametrize(("kind", "behind"), [(5, []), (0x7F, []), (2, [b"\5", b"\1"])])
def test_does_not_hold_when_the_receipt_is_in_no_standard_form(kind: int, behind: list) -> None:
    assert failure(text_of(reproved(vector(), kind=kind, behind=behind))) == "receipt"


def test_does_not_hold_when_more_was_given_out_than_was_paid() -> None:
    document = vector()
    _, data = log_of(document["proofs"][SETTLED])
    more = 20_100_000_000_000_001
    forged = reproved(document, SETTLED, data=data[:64] + more.to_bytes(32, "big") + data[96:])
    forged["proofs"][SETTLED]["args"]["to_seller"] = str(more)

    assert failure(text_of(forged)) == "amounts"


def test_does_not_hold_when_a_payment_is_told_twice() -> None:
    document = vector()
    document["proofs"].insert(0, document["proofs"][PAID])

    assert failure(text_of(document)) == "payment"


def test_does_not_hold_when_the_proofs_are_out_of_order() -> None:
    document = vector()
    document["proofs"][1:] = reversed(document["proofs"][1:])

    assert failure(text_of(document)) == "sequence"


def test_holds_when_what_came_later_is_left_out() -> None:
    document = vector()
    del document["proofs"][1:]

    assert failure(text_of(document)) is None


def nested(levels: int, size: int) -> str:
    """RLP of lists in lists, for which a reader that copies each takes `levels` times `size`."""
    data = bytes(size)
    data = b"\xba" + len(data).to_bytes(3, "big") + data
    for _ in range(levels):
        data = b"\xfa" + len(data).to_bytes(3, "big") + data
    return "0x" + data.hex()


def with_proof(**fields: object) -> bytes:
    document = vector()
    document["proofs"][PAID] |= fields
    return text_of(document)


def test_refuses_lists_in_lists_before_it_reads_them() -> None:
    with pytest.raises(Malformed, match="lists in lists"):
        read_item(bytes.fromhex(nested(900, 70_000)[2:]), depth=4)


HOSTILE = {
    "nothing": b"",
    "no text": b"\xff\xfe\xfd",
    "a text": b'"souk escrow receipt 1"',
    "a list": b"[]",
    "deep lists": b"[" * 2_000_000,
    "deep objects": b'{"a":' * 500_000,
    "deep terms": text_of({**vector(), "terms": "[" * 1_000_000}),
    "too much": VECTOR + b" " * MOST_BYTES,
    "a huge number": b'{"chain_id":' + b"9" * 1_000_000 + b"}",
    "no number": b'{"chain_id":NaN}',
    "a name twice": VECTOR[:-1] + b', "document": "souk escrow receipt 1"}',
    "half a character": VECTOR.replace(b"Copper pot", b"\\ud800"),
    "a huge index": with_proof(transaction_index="9" * 20),
    "a huge position": with_proof(log_position="999999"),
    "many nodes": with_proof(nodes=["0x80"] * 100_000),
    "a header of lists": with_proof(header=nested(900, 70_000)),
    "a node of lists": with_proof(nodes=[nested(900, 70_000)]),
    "a node of nothing": with_proof(nodes=["0xc0"]),
    "a node too short": with_proof(nodes=["0xf8"]),
    "a header of one field": with_proof(header="0xc180"),
    "no proofs": text_of({**vector(), "proofs": []}),
    "many proofs": text_of({**vector(), "proofs": vector()["proofs"] * 40}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_ends_soon_with_a_refusal_when_the_file_is_hostile(name: str) -> None:
    begun = time.process_time()

    assert failure(HOSTILE[name]) is not None

    assert time.process_time() - begun < 2
