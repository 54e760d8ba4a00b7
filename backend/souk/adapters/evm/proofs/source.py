"""The `ProofSource` of the chain module over one endpoint."""

from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.proofs.headers import encode_header, read_proved_header
from souk.adapters.evm.proofs.receipts import encode_receipt, require_readable
from souk.adapters.evm.proofs.tries import prove
from souk.adapters.evm.wire import read_hash, read_list, read_object, read_quantity
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.domain import TransactionProof
from souk.modules.chain.errors import ChainDataRefused


class NodeProofSource:
    """Proofs put together from a node's answers. Nothing of these is believed: what does not
    hash to the block is refused, and so is what this version cannot hash."""

    def __init__(self, node: EvmNode) -> None:
        self._node = node

    def prove(self, block_hash: str, transaction_hash: str) -> TransactionProof:
        """That a transaction of this block left its receipt."""
        block = self._node.block_of(block_hash)
        if block is None:
            raise ProviderUnavailable("the node does not have the block")
        header, hashes = encode_header(block), _transactions(block)
        read = read_proved_header(header)
        if read.hash != block_hash:
            raise ChainDataRefused("the block's hash does not follow from the fields known here")
        if transaction_hash not in hashes:
            raise ChainDataRefused("the block does not hold the transaction")
        index = hashes.index(transaction_hash)
        given = self._node.receipts_of(block_hash, hashes)
        _require_order(given, hashes)
        receipts = [encode_receipt(one) for one in given]
        require_readable(receipts[index])
        root, nodes = prove(receipts, index)
        if root != read.receipts_root:
            raise ChainDataRefused("the receipts do not make the block's receipts root")
        return TransactionProof(header, index, sum(map(_count_logs, given[:index])), nodes)


def _transactions(block: object) -> list[str]:
    listed = read_list(read_object(block, "block").get("transactions"), "list of transactions")
    return [read_hash(one, "transaction hash") for one in listed]


def _require_order(receipts: list[object], hashes: list[str]) -> None:
    told = [
        (
            read_quantity(read_object(one, "receipt").get("transactionIndex")),
            read_hash(read_object(one, "receipt").get("transactionHash")),
        )
        for one in receipts
    ]
    if told != list(enumerate(hashes)):
        raise ChainDataRefused("the receipts are not those of the block's transactions")


def _count_logs(receipt: object) -> int:
    return len(read_list(read_object(receipt, "receipt").get("logs"), "list of logs"))
