"""Putting the contracts on a chain, once.

A second run finds the record, compares the code on chain with the record's hash, and deploys
nothing. The chain of one machine gets a dollar and a price feed as well; every other has its own.
The chain id is checked before anything is signed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3Exception
from web3.types import TxParams

from souk.adapters.evm.registry import ChainDescription, Contract, Deployment, NativeCoin, Token
from souk.core.errors import ProviderRejected
from souk.core.unit_of_work import refuse_open_transaction

Say = Callable[[str], None]

LOCAL_CHAIN_ID = 31337
_LOCAL_ETHER_PRICE = 2_500 * 10**8
_FEED_DECIMALS = 8
# Nobody waits as long on the chain of one machine; on others a block may be slow to take it.
_RECEIPT_SECONDS = 300
# `decimals()`, of ERC-20 and of the price feeds.
_DECIMALS = bytes.fromhex("313ce567")


class EndpointOfAnotherChain(ProviderRejected):
    """The endpoint serves another chain than the one that was asked for."""

    code = "endpoint_of_another_chain"


class DeploymentFailed(ProviderRejected):
    """A contract was not sent, or its code on chain is not what was sent."""

    code = "deployment_failed"


class ChainMisdescribed(ProviderRejected):
    """A token or the price feed is not on the chain as the description says."""

    code = "chain_misdescribed"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract."""

    name: str
    abi: list[dict[str, object]]
    bytecode: str


def load_artifact(name: str) -> Artifact:
    """Read a compiled contract from the package."""
    text = resources.files("souk.adapters.evm").joinpath(f"artifacts/{name}.json").read_text()
    document = json.loads(text)
    return Artifact(name, document["abi"], document["bytecode"])


# The constructor's word for a chain without Permit2.
NO_PERMIT2 = "0x" + "0" * 40


class Deployer:
    """Deploys with one key to one endpoint."""

    def __init__(self, rpc_url: str, private_key: str, chain_id: int, say: Say = print) -> None:
        self._web3 = _connected(rpc_url, chain_id)
        self._account: LocalAccount = Account.from_key(private_key)
        self._say = say
        self._chain_id = chain_id

    def deploy_escrow(self, description: ChainDescription) -> Deployment:
        """The escrow alone; everything else that `description` names stands there already. Raises
        `ChainMisdescribed` before anything is sent if it does not."""
        self._require_decimals("the price feed", description.native.price_feed, _FEED_DECIMALS)
        for token in description.tokens:
            self._require_decimals(token.symbol, token.address, token.exponent)
        block_number = self._web3.eth.block_number
        escrow = self._create("Escrow", NO_PERMIT2)
        return Deployment(
            **description.model_dump(),
            block_number=block_number,
            escrow=Contract(address=escrow, code_hash=_code_hash(self._web3, escrow)),
        )

    def deploy_local(self, keeper: str) -> Deployment:
        """The escrow, a test dollar that anyone may mint, and a price feed that `keeper` keeps
        up to date: everything that a chain of one machine needs."""
        block_number = self._web3.eth.block_number
        escrow = self._create("Escrow", NO_PERMIT2)
        dollar = self._create("TestDollar")
        feed = self._create(
            "TestPriceFeed", keeper, _FEED_DECIMALS, "ETH / USD", _LOCAL_ETHER_PRICE
        )
        return Deployment(
            chain_id=self._chain_id,
            name="local",
            block_number=block_number,
            confirmations=2,
            safe_depth=16,
            final_depth=32,
            disposable=True,
            escrow=Contract(address=escrow, code_hash=_code_hash(self._web3, escrow)),
            native=NativeCoin(symbol="ETH", price_feed=feed),
            tokens=(Token(symbol="tUSD", address=dollar, exponent=6, usd_pegged=True),),
        )

    def _require_decimals(self, name: str, address: str, expected: int) -> None:
        """A wrong exponent would misjudge every amount by a power of ten."""
        try:
            answer = self._web3.eth.call(
                {"to": Web3.to_checksum_address(address), "data": _DECIMALS}
            )
        except Web3Exception as error:
            raise ChainMisdescribed(f"{name}: {address} does not answer decimals()") from error
        if len(answer) != 32 or int.from_bytes(answer) != expected:
            said = int.from_bytes(answer) if len(answer) == 32 else "nothing"
            raise ChainMisdescribed(
                f"{name}: decimals() of {address} says {said}, not {expected}; nothing was sent"
            )

    def _create(self, name: str, *arguments: str | int) -> str:
        try:
            signed = self._signed(load_artifact(name), *arguments)
            sent = self._web3.eth.send_raw_transaction(signed)
        except Web3Exception as error:
            raise DeploymentFailed(f"{name} was not sent: {error}") from error
        try:
            receipt = self._web3.eth.wait_for_transaction_receipt(
                sent, timeout=_RECEIPT_SECONDS, poll_latency=0.1
            )
        except Web3Exception as error:
            raise DeploymentFailed(
                f"{name} is not in a block yet; look at transaction 0x{sent.hex()} before you"
                " deploy again"
            ) from error
        address = receipt["contractAddress"]
        if receipt["status"] != 1 or address is None or not self._web3.eth.get_code(address):
            raise DeploymentFailed(
                f"{name} did not come to stand; look at transaction 0x{sent.hex()}"
            )
        self._say(f"deployed {name} at {address} in block {receipt['blockNumber']}")
        return str(address)

    def _signed(self, artifact: Artifact, *arguments: str | int) -> bytes:
        factory = self._web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        fields: TxParams = {
            "from": self._account.address,
            "nonce": self._web3.eth.get_transaction_count(self._account.address, "pending"),
            "chainId": self._chain_id,
        }
        transaction = factory.constructor(*arguments).build_transaction(fields)
        signed = self._account.sign_transaction(dict(transaction))
        return bytes(signed.raw_transaction)


def stands(rpc_url: str, deployment: Deployment) -> bool:
    """Whether the recorded escrow code stands on the chain. Needs no key."""
    web3 = _connected(rpc_url, deployment.chain_id)
    return _code_hash(web3, deployment.escrow.address) == deployment.escrow.code_hash


def _connected(rpc_url: str, chain_id: int) -> Web3:
    refuse_open_transaction()
    web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": 20}))
    # A contract we call must never make us fetch an address of its choosing (EIP-3668).
    web3.provider.global_ccip_read_enabled = False
    serves = web3.eth.chain_id
    if serves != chain_id:
        raise EndpointOfAnotherChain(
            f"the endpoint serves chain {serves}, not {chain_id}; nothing was sent"
        )
    return web3


def _code_hash(web3: Web3, address: str) -> str:
    code = bytes(web3.eth.get_code(Web3.to_checksum_address(address)))
    return "0x" + keccak(code).hex()
