"""Logs of the escrow contract as facts."""

import json
from importlib import resources

import pytest
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.crypto import keccak
from hypothesis import example, given
from hypothesis import strategies as st

from souk.adapters.evm.event_decoder import EscrowEventDecoder
from souk.core.addresses import checksum_address
from souk.modules.chain.domain import EscrowFactKind, RawLog
from tests.support.chain_builders import a_log

ID = "0x" + "ab" * 32
WHO = checksum_address("0x" + "a1" * 20)
TOKEN = checksum_address("0x" + "b2" * 20)
DECODER = EscrowEventDecoder()


def log_of(signature: str, indexed: list[str], types: list[str], *values: object) -> RawLog:
    topics = ("0x" + keccak(signature.encode()).hex(), *(word(one) for one in indexed))
    return a_log(topics=topics, data=encode(types, values))


def word(value: str) -> str:
    return "0x" + value[2:].lower().rjust(64, "0")


def test_reads_paid_with_every_argument() -> None:
    signature = "Paid(bytes32,address,address,address,uint96,bytes32)"
    types = ["address", "uint96", "bytes32"]
    log = log_of(signature, [ID, WHO, TOKEN], types, TOKEN, 2**96 - 1, b"\x07" * 32)

    fact = DECODER.decode(log)

    assert (fact.kind, fact.escrow_id) == (EscrowFactKind.PAID, ID)
    assert fact.args == {
        "buyer": WHO,
        "seller": TOKEN,
        "token": TOKEN,
        "amount": str(2**96 - 1),
        "ref": "0x" + "07" * 32,
    }


def test_reads_settled_with_whole_numbers_as_text() -> None:
    signature = "Settled(bytes32,uint8,uint96,uint96,uint96,uint96)"
    types = ["uint8", "uint96", "uint96", "uint96", "uint96"]

    fact = DECODER.decode(log_of(signature, [ID], types, 1, 0, 90, 9, 0))

    expected = {"kind": "1", "to_buyer": "0", "to_seller": "90", "fee": "9", "remaining": "0"}
    assert (fact.kind, fact.args) == (EscrowFactKind.SETTLED, expected)


def test_names_account_and_token_when_a_fact_is_about_no_order() -> None:
    log = log_of("Credited(address,address,uint256)", [TOKEN, WHO], ["uint256"], 2**256 - 1)

    fact = DECODER.decode(log)

    assert fact.escrow_id == f"{TOKEN}:{WHO}"
    assert fact.args["amount"] == str(2**256 - 1)


FULFILLED = a_log()
DIRTY = (2**41).to_bytes(32, "big")


@pytest.mark.parametrize(
    "log",
    [
        a_log(topics=()),
        a_log(topics=("0x" + "00" * 32, ID)),
        a_log(topics=FULFILLED.topics[:1]),
        a_log(topics=(*FULFILLED.topics, ID)),
        a_log(data=FULFILLED.data + bytes(32)),
        a_log(data=FULFILLED.data[:-1]),
        a_log(data=DIRTY),
    ],
    ids=["no topic", "other event", "no id", "topic more", "word more", "byte less", "dirty"],
)
def test_knows_no_fact_when_the_form_is_not_ours(log: RawLog) -> None:
    assert DECODER.decode(FULFILLED) is not None
    assert DECODER.decode(log) is None


def test_knows_every_event_of_the_compiled_contract_but_the_domain_change() -> None:
    path = resources.files("souk.adapters.evm").joinpath("artifacts/Escrow.json")
    abi = json.loads(path.read_text())["abi"]
    topics = {
        "0x" + keccak(f"{e['name']}({','.join(i['type'] for i in e['inputs'])})".encode()).hex()
        for e in abi
        if e["type"] == "event" and e["name"] != "EIP712DomainChanged"
    }

    assert topics <= DECODER.topics
    assert len(DECODER.topics) == len(EscrowFactKind)


@given(words=st.lists(st.binary(min_size=32, max_size=32), min_size=6, max_size=6))
@example(words=[bytes(32)] * 6)
@example(words=[bytes(32), *[bytes(12) + b"\xff" * 20] * 3, bytes(20) + b"\xff" * 12, b"\xff" * 32])
@example(words=[bytes(32), bytes(11) + b"\x01" + bytes(20), *[bytes(32)] * 4])
def test_reads_words_as_the_library_for_it_does(words: list[bytes]) -> None:
    signature = "Paid(bytes32,address,address,address,uint96,bytes32)"
    topic = "0x" + keccak(signature.encode()).hex()
    topics = (topic, *("0x" + word.hex() for word in words[:3]))
    read = DECODER.decode(a_log(topics=topics, data=b"".join(words[3:])))

    types = ["bytes32", "address", "address", "address", "uint96", "bytes32"]
    try:
        escrow, buyer, seller, token, amount, ref = decode(types, b"".join(words))
    except DecodingError:
        assert read is None
        return
    assert read.escrow_id == "0x" + escrow.hex()
    assert read.args == {
        "buyer": checksum_address(buyer),
        "seller": checksum_address(seller),
        "token": checksum_address(token),
        "amount": str(amount),
        "ref": "0x" + ref.hex(),
    }
