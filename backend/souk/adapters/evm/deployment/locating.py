"""Finding out where a contract of ours came from, when nobody wrote it down: the record was never
written, or somebody else called the factory with the same code, which anyone may do."""

from web3 import Web3
from web3.exceptions import Web3Exception

from souk.adapters.evm.deployment.create2 import FACTORY, factory_data
from souk.adapters.evm.deployment.errors import DeploymentFailed
from souk.adapters.evm.deployment.sending import receipt_of


def locate(web3: Web3, address: str, creation_code: bytes) -> tuple[int, str | None]:
    """The block in which the code came to stand, and the transaction that called the factory;
    `None` when another contract did. Code never goes away again, so the blocks can be halved."""
    lowest, highest = 0, int(web3.eth.block_number)
    while lowest < highest:
        middle = (lowest + highest) // 2
        if _stood(web3, address, middle):
            highest = middle
        else:
            lowest = middle + 1
    return lowest, _caller(web3, lowest, factory_data(creation_code))


def _stood(web3: Web3, address: str, block: int) -> bool:
    try:
        return bool(web3.eth.get_code(Web3.to_checksum_address(address), block))
    except Web3Exception as error:
        raise DeploymentFailed(
            f"{address} has our code, and in which block it came to stand is not known, as this"
            " node keeps no old states: run again with the address of an archive node"
        ) from error


def _caller(web3: Web3, block: int, data: bytes) -> str | None:
    for transaction in web3.eth.get_block(block, full_transactions=True)["transactions"]:
        if isinstance(transaction, bytes) or str(transaction.get("to")) != FACTORY:
            continue
        transaction_hash = "0x" + bytes(transaction["hash"]).hex()
        if bytes(transaction["input"]) == data and _succeeded(web3, transaction_hash):
            return transaction_hash
    return None


def _succeeded(web3: Web3, transaction_hash: str) -> bool:
    receipt = receipt_of(web3, transaction_hash)
    return receipt is not None and receipt["status"] == 1
