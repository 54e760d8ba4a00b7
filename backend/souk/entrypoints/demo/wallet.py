"""A wallet: a fresh key that signs messages and transactions."""

from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from souk.entrypoints.demo.documents import Document
from souk.entrypoints.demo.node import Mined, Node, selector

COIN = "0x" + "0" * 40
_FUNDS = 100 * 10**18
_TIP = 10**9
_GAS_OF_A_DOOMED_CALL = 500_000

_ORDER = (
    ("buyer", "address"),
    ("seller", "address"),
    ("token", "address"),
    ("amount", "uint96"),
    ("arbiter", "address"),
    ("feeTo", "address"),
    ("feeBps", "uint16"),
    ("silentBps", "uint16"),
    ("payBy", "uint40"),
    ("fulfilBy", "uint40"),
    ("window", "uint32"),
    ("ref", "bytes32"),
)


class Wallet:
    """One key on one chain. It keeps nothing but the key: nonces are asked from the node."""

    def __init__(self, node: Node, chain_id: int) -> None:
        self._account: LocalAccount = Account.create()
        self._node = node
        self._chain_id = chain_id
        self.address: str = self._account.address

    def sign_message(self, text: str) -> str:
        """`personal_sign` (EIP-191)."""
        signed = self._account.sign_message(encode_defunct(text=text))
        return "0x" + bytes(signed.signature).hex()

    def receive_coins(self) -> None:
        """Let the local node give this address a hundred coins."""
        self._node.call("anvil_setBalance", self.address, hex(_FUNDS))

    def mint(self, token: str, amount: int) -> Mined:
        """Take test dollars from the token's open faucet."""
        data = selector("mint(address,uint256)")
        data += bytes(12) + bytes.fromhex(self.address[2:]) + amount.to_bytes(32, "big")
        return self._node.include(self.sign(token, "0x" + data.hex(), 0))

    def sign(self, to: str, data: str, value: int, *, doomed: bool = False) -> str:
        """A transaction as signed bytes in 0x-hex. A `doomed` one is signed although it will
        revert, with a gas limit that nobody estimated."""
        node, me = self._node, self.address
        call = {"from": me, "to": to, "data": data, "value": hex(value)}
        gas = _GAS_OF_A_DOOMED_CALL if doomed else node.number("eth_estimateGas", call) * 5 // 4
        base = int(node.call("eth_getBlockByNumber", "latest", False)["baseFeePerGas"].text, 16)
        signed = self._account.sign_transaction(
            {
                "chainId": self._chain_id,
                "nonce": node.number("eth_getTransactionCount", me, "pending"),
                "to": to_checksum_address(to),
                "data": bytes.fromhex(data[2:]),
                "value": value,
                "gas": gas,
                "maxFeePerGas": 2 * base + _TIP,
                "maxPriorityFeePerGas": _TIP,
                "type": 2,
            }
        )
        return "0x" + bytes(signed.raw_transaction).hex()

    def sign_call(self, call: Document, *, doomed: bool = False) -> str:
        """A call as the API hands it out, as signed bytes."""
        return self.sign(call["to"].text, call["data"].text, call["value"].number, doomed=doomed)


def escrow_id_of(terms: Document, ref: str) -> str:
    """The EIP-712 digest of the `Order` that a terms document states: the id that the contract
    must keep the money under."""
    escrow = terms["escrow"]
    order: dict[str, object] = {"ref": bytes.fromhex(ref[2:])}
    for name, kind in _ORDER[:-1]:
        value = escrow["order"][name]
        order[name] = value.text if kind == "address" else value.number
    signable = encode_typed_data(
        domain_data={
            "name": "Souk Escrow",
            "version": "1",
            "chainId": escrow["chain_id"].number,
            "verifyingContract": escrow["contract"].text,
        },
        message_types={"Order": [{"name": name, "type": kind} for name, kind in _ORDER]},
        message_data=order,
    )
    return "0x" + keccak(b"\x19\x01" + signable.header + signable.body).hex()
