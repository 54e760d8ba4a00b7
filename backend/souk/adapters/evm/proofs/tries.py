"""The Merkle-Patricia trie of a block's receipts: each under the RLP of its transaction's index.

A receipt is never short enough to lie inside of the node above it, and no index's key is the
beginning of another's. So a node is either 16 references and no value, or a path and what it
leads to; anything else is refused before it is followed.
"""

from collections.abc import Sequence

import rlp
from eth_utils.crypto import keccak
from trie.exceptions import MissingTrieNode
from trie.hexary import HexaryTrie

from souk.adapters.evm.proofs.items import Item, Malformed, number_item, read_item

_BRANCH, _PATH = 17, 2
_REFERENCES = (0, 32)


def prove(receipts: Sequence[bytes], index: int) -> tuple[bytes, tuple[bytes, ...]]:
    """The root over a block's receipts, and the nodes that lead from it to one of them."""
    trie = HexaryTrie({})
    for place, receipt in enumerate(receipts):
        trie.set(_key(place), receipt)
    nodes = tuple(rlp.encode(node) for node in trie.get_proof(_key(index)))
    return trie.root_hash, nodes


def read(root: bytes, index: int, nodes: Sequence[bytes]) -> bytes:
    """The receipt to which exactly these nodes lead from the root. Raises `Malformed`."""
    for node in nodes:
        _require_node(read_item(node, depth=1))
    trie, key = HexaryTrie({keccak(node): node for node in nodes}, root), _key(index)
    try:
        led = [rlp.encode(node) for node in trie.get_proof(key)]
        receipt: bytes = trie.get(key)
    except (KeyError, MissingTrieNode) as error:
        raise Malformed("the nodes do not lead from the block's receipts root") from error
    if not receipt:
        raise Malformed("the block has no receipt at this index")
    if led != list(nodes):
        raise Malformed("there are nodes that lead nowhere")
    return receipt


def _key(index: int) -> bytes:
    key: bytes = rlp.encode(number_item(index))
    return key


def _require_node(node: Item) -> None:
    texts = [part for part in node if isinstance(part, bytes)] if isinstance(node, list) else []
    if not isinstance(node, list) or len(texts) != len(node):
        raise Malformed("a node of the proof is none")
    if len(texts) == _BRANCH:
        well = not texts[-1] and all(len(part) in _REFERENCES for part in texts)
    else:
        well = len(texts) == _PATH and _is_path(texts[0]) and bool(texts[1])
        # An extension leads on to a node, a leaf to a receipt.
        well = well and (texts[0][0] >= 0x20 or len(texts[1]) == 32)
    if not well:
        raise Malformed("a node of the proof is none")


def _is_path(path: bytes) -> bool:
    """Hex-prefix encoding: the first nibble says leaf or extension, odd or even."""
    if not path or path[0] >= 0x40:
        return False
    return bool(path[0] & 0x10) or not path[0] & 0x0F
