"""Putting the contracts on a chain, once.

A second run finds the record, compares the code on chain with the record's hash, and deploys
nothing. The chain id is checked before anything is signed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3
from web3.types import TxParams

from souk.adapters.evm.registry import Contract, Deployment, NativeCoin, Token
from souk.core.errors import ProviderRejected
from souk.core.unit_of_work import refuse_open_transaction

Say = Callable[[str], None]

LOCAL_CHAIN_ID = 31337
_LOCAL_ETHER_PRICE = 2_500 * 10**8
_FEED_DECIMALS = 8


class EndpointOfAnotherChain(ProviderRejected):
    """The endpoint serves another chain than the one that was asked for."""

    code = "endpoint_of_another_chain"


class DeploymentFailed(ProviderRejected):
    """A contract's code on chain is not what was sent."""

    code = "deployment_failed"


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


class Deployer:
    """Deploys with one key to one endpoint."""

    def __init__(self, rpc_url: str, private_key: str, chain_id: int, say: Say = print) -> None:
        refuse_open_transaction()
        self._web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": 20}))
        # A contract we call must never make us fetch an address of its choosing (EIP-3668).
        self._web3.provider.global_ccip_read_enabled = False
        self._account: LocalAccount = Account.from_key(private_key)
        self._say = say
        serves = self._web3.eth.chain_id
        if serves != chain_id:
            raise EndpointOfAnotherChain(
                f"the endpoint serves chain {serves}, not {chain_id}; nothing was sent"
            )
        self._chain_id = chain_id

    def check(self, deployment: Deployment) -> bool:
        """Whether the recorded escrow code stands on the chain."""
        return self._code_hash(deployment.escrow.address) == deployment.escrow.code_hash

    def deploy_local(self, keeper: str) -> Deployment:
        """The escrow, a test dollar that anyone may mint, and a price feed that `keeper` keeps
        up to date: everything that a chain of one machine needs."""
        block_number = self._web3.eth.block_number
        escrow = self._create("Escrow")
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
            escrow=Contract(address=escrow, code_hash=self._code_hash(escrow)),
            native=NativeCoin(symbol="ETH", price_feed=feed),
            tokens=(Token(symbol="tUSD", address=dollar, exponent=6, usd_pegged=True),),
        )

    def _create(self, name: str, *arguments: str | int) -> str:
        artifact = load_artifact(name)
        factory = self._web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
        fields: TxParams = {
            "from": self._account.address,
            "nonce": self._web3.eth.get_transaction_count(self._account.address, "pending"),
            "chainId": self._chain_id,
        }
        transaction = factory.constructor(*arguments).build_transaction(fields)
        signed = self._account.sign_transaction(dict(transaction))
        sent = self._web3.eth.send_raw_transaction(signed.raw_transaction)
        receipt = self._web3.eth.wait_for_transaction_receipt(sent, timeout=60, poll_latency=0.1)
        address = receipt["contractAddress"]
        if receipt["status"] != 1 or address is None or not self._web3.eth.get_code(address):
            raise DeploymentFailed(
                f"{name} did not come to stand; look at transaction {sent.hex()}"
            )
        self._say(f"deployed {name} at {address} in block {receipt['blockNumber']}")
        return str(address)

    def _code_hash(self, address: str) -> str:
        code = bytes(self._web3.eth.get_code(Web3.to_checksum_address(address)))
        return "0x" + keccak(code).hex()
