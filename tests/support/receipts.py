"""Receipts of a shop's orders, and reading them with nothing of the product's own reading."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import rlp
from eth_utils.crypto import keccak

from souk.adapters.evm.proofs import tries
from souk.adapters.evm.proofs.checking import DoesNotHold, check
from souk.adapters.evm.proofs.items import number_item
from souk.modules.chain.service import Proofs
from tests.support.shop import Person, Shop

CHAIN_ID = 31337
_VECTOR = Path(__file__).parents[1] / "unit" / "receipts" / "receipt.json"


def prove(shop: Shop) -> int:
    """What the worker does for the proofs that are wanted."""
    return shop.container.get(Proofs).prove_due(CHAIN_ID)


def receipt(shop: Shop, who: Person, order_id: str) -> dict:
    """The receipt as the API gives it."""
    answer = shop.ask(who, "GET", f"/api/orders/{order_id}/receipt")
    assert answer.status_code == 200, answer.text
    return answer.json()


def a_paid_order(shop: Shop, **terms) -> tuple[Person, Person, str]:
    """Buyer, seller and an order whose money is held."""
    seller, buyer = shop.seller(), shop.person("buyer")
    placed = shop.paid(buyer, (shop.listing(seller, **terms), 1))
    return buyer, seller, placed["orders"][0]["id"]


def decode(data: bytes) -> bytes | list:
    """One RLP item, read by hand."""
    item, end = _item(data, 0)
    assert end == len(data)
    return item


def _item(data: bytes, at: int) -> tuple[bytes | list, int]:
    first = data[at]
    if first < 0x80:
        return data[at : at + 1], at + 1
    base = 0x80 if first < 0xC0 else 0xC0
    size, start = first - base, at + 1
    if size > 55:
        start += size - 55
        size = int.from_bytes(data[at + 1 : start], "big")
    end = start + size
    if base == 0x80:
        return data[start:end], end
    items, place = [], start
    while place < end:
        item, place = _item(data, place)
        items.append(item)
    return items, end


def walk(root: bytes, index: int, nodes: Sequence[bytes]) -> bytes:
    """Follow a proof from the root to the value under an index, by hand."""
    key = bytes([index]) if 0 < index < 0x80 else b"\x80"
    if index >= 0x80:
        raw = index.to_bytes((index.bit_length() + 7) // 8, "big")
        key = bytes([0x80 + len(raw)]) + raw
    path = list(key.hex())
    wanted = root
    for node in nodes:
        assert keccak(node) == wanted
        items = decode(node)
        if len(items) == 17:
            wanted = items[int(path.pop(0), 16)]
            continue
        prefix = items[0].hex()
        nibbles = prefix[1:] if int(prefix[0], 16) & 1 else prefix[2:]
        assert path[: len(nibbles)] == list(nibbles)
        path, wanted = path[len(nibbles) :], items[1]
    assert path == []
    return wanted


def alterations(document: object) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each way to alter one thing of a JSON document: its place, and a copy that is altered there.
    A text has another character at its beginning, middle and end; whatever is in something is left
    out, and said twice where that can be."""
    text = json.dumps(document)
    for path in _paths(document, ()):
        for how in _HOW[type(_at(document, path))]:
            yield f"{'.'.join(map(str, path))} {how}", lambda p=path, h=how: _altered(text, p, h)


_HOW = {
    str: ("first", "middle", "last", "longer", "empty"),
    list: ("less", "more"),
    dict: ("less",),
}


def _paths(value: object, path: tuple) -> Iterator[tuple]:
    yield path
    children = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        children = enumerate(value)
    for name, child in children:
        yield from _paths(child, (*path, name))


def _at(document: object, path: tuple) -> object:
    for step in path:
        document = document[step]
    return document


def _altered(text: str, path: tuple, how: str) -> object:
    document = {"": json.loads(text)}
    *above, last = ("", *path)
    place = _at(document, tuple(above))
    value = place[last]
    if isinstance(value, str):
        place[last] = _other(value, how)
    elif isinstance(value, dict):
        value.pop(next(iter(value)))
    elif how == "less":
        value.pop()
    else:
        value.append(value[-1] if value else "0x00")
    return document[""]


def _other(text: str, how: str) -> str:
    if how in ("longer", "empty"):
        return text + "0" if how == "longer" else ""
    at = {"first": 0, "middle": len(text) // 2, "last": len(text) - 1}[how]
    return text[:at] + ("1" if text[at] != "1" else "2") + text[at + 1 :]


def vector() -> dict:
    """A receipt of a payment, a fulfilment and a release on a chain that is no more."""
    return json.loads(_VECTOR.read_text("utf-8"))


def text_of(document: object) -> bytes:
    """A receipt as a file."""
    return json.dumps(document).encode()


def failure(data: bytes) -> str | None:
    """The first check that a file does not pass; `None` when it holds."""
    try:
        check(data)
    except DoesNotHold as refusal:
        return refusal.check
    return None


def reproved(
    document: dict,
    place: int = 0,
    *,
    status: int = 1,
    kind: int = 2,
    behind: Sequence[bytes] = (),
    **log: object,
) -> dict:
    """The same with another log (`address`, `topics`, `data`) at one place, in a receipt and a
    block that were made for it: everything fits, as far as a forger can make it fit."""
    proof = document["proofs"][place]
    receipt = _leaf(proof)
    old = decode(receipt[1:])[3][int(proof["log_position"])]
    new = [log.get(name, was) for name, was in zip(("address", "topics", "data"), old, strict=True)]
    item = rlp.encode([number_item(status), b"\x01", bytes(256), [new], *behind])
    root, nodes = tries.prove([bytes([kind]) + item if kind else item], 0)
    header = decode(bytes.fromhex(proof["header"][2:]))
    header[5] = root
    encoded = rlp.encode(header)
    proof |= {
        "header": "0x" + encoded.hex(),
        "nodes": ["0x" + node.hex() for node in nodes],
        "transaction_index": "0",
        "log_position": "0",
        "block": {**proof["block"], "hash": "0x" + keccak(encoded).hex()},
    }
    return document


def log_of(proof: dict) -> tuple[list[bytes], bytes]:
    """Topics and data of the log that a proof leads to."""
    _, topics, data = decode(_leaf(proof)[1:])[3][int(proof["log_position"])]
    return topics, data


def _leaf(proof: dict) -> bytes:
    header, *nodes = (bytes.fromhex(one[2:]) for one in (proof["header"], *proof["nodes"]))
    return walk(decode(header)[5], int(proof["transaction_index"]), nodes)
