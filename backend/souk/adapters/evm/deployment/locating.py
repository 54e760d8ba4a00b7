"""Finding out where a contract of ours came from, when nobody wrote it down: the record was never
written, or somebody else called the factory with the same code, which anyone may do."""

from eth_utils.address import to_checksum_address
from web3.eth import Eth
from web3.exceptions import Web3Exception

from souk.adapters.evm.deployment.create2 import FACTORY, FACTORY_CODE, factory_data
from souk.adapters.evm.deployment.errors import DeploymentFailed
from souk.adapters.evm.deployment.sending import receipt_of


def locate(eth: Eth, address: str, creation_code: bytes) -> tuple[int, str | None]:
    """The block in which the code came to stand, and the transaction that called the factory;
    `None` when another contract did. Code never goes away again, so the blocks can be halved.

    Raises `DeploymentFailed` when the node cannot tell: the watcher would begin after the first
    payments if this block were too late."""
    lowest, highest = 0, int(eth.block_number)
    while lowest < highest:
        middle = (lowest + highest) // 2
        if _code(eth, address, middle):
            highest = middle
        else:
            lowest = middle + 1
    caller = _caller(eth, lowest, factory_data(creation_code))
    # A node that has dropped a state may call every account of it empty, the factory too. Where
    # ours came to stand, the factory stood before, or was put in the same block.
    if caller is None and lowest > 0 and _code(eth, FACTORY, lowest - 1) != FACTORY_CODE:
        raise _unknown(address)
    return lowest, caller


def _code(eth: Eth, address: str, block: int) -> bytes:
    try:
        return bytes(eth.get_code(to_checksum_address(address), block))
    except Web3Exception as error:
        raise _unknown(address) from error


def _unknown(address: str) -> DeploymentFailed:
    return DeploymentFailed(
        f"{address} has our code, and in which block it came to stand is not known, as this node"
        " keeps no old states: run again with the address of an archive node"
    )


def _caller(eth: Eth, block: int, data: bytes) -> str | None:
    for transaction in eth.get_block(block, full_transactions=True)["transactions"]:
        if isinstance(transaction, bytes) or str(transaction.get("to")) != FACTORY:
            continue
        transaction_hash = "0x" + bytes(transaction["hash"]).hex()
        if bytes(transaction["input"]) == data and _succeeded(eth, transaction_hash):
            return transaction_hash
    return None


def _succeeded(eth: Eth, transaction_hash: str) -> bool:
    receipt = receipt_of(eth, transaction_hash)
    return receipt is not None and receipt["status"] == 1
