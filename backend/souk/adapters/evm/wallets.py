"""Reading a wallet in one call, by a contract that is never deployed.

On no chain of ours can a helper contract be counted on, so the call carries one: `WalletReading` of
`contracts/src/tools`, whose creation code asks everything and returns the answers. The call is
pinned to a block by its hash. Number, time and fees come from that block's header, because in an
`eth_call` the base fee is 0 on common nodes, and the number another chain's on some rollups.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from importlib import resources

from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from souk.adapters.evm.escrow.gas import gas_to_pay
from souk.adapters.evm.node import EvmNode
from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.sender import MIN_TIP
from souk.adapters.evm.wire import UNREADABLE
from souk.core.addresses import Address, checksum_address
from souk.core.errors import ProviderUnavailable
from souk.modules.chain.domain import BlockHeader, block_instant
from souk.modules.chain.errors import CallReverted
from souk.modules.payments.domain import PayWay
from souk.modules.payments.domain.funds import (
    BlockRead,
    GasFees,
    GasToPay,
    TokenFunds,
    WalletFunds,
    WalletKind,
)

QUESTIONS_A_CALL = 60
"""As many as a node's usual limit of gas for a call leaves room for, should every token burn all
that it is given. More are asked in further calls as of the same block."""

_BALANCE = keccak(b"balanceOf(address)")[:4]
_ALLOWANCE = keccak(b"allowance(address,address)")[:4]
_ARGUMENTS = ("address", "(address,bytes)[]")
_ANSWER = ("uint256", "uint256", "uint256", "uint256", "bytes32", "(bool,uint256)[]")
# EIP-7702: what stands at an account that has delegated to code.
_DELEGATION, _DELEGATION_LENGTH = bytes.fromhex("ef0100"), 23

_Question = tuple[Address, bytes]
_Looked = tuple[int, WalletKind, Address | None, list[int | None]]


class EvmWallets:
    """The `WalletReader` port over a node for each chain."""

    def __init__(self, nodes: Mapping[int, EvmNode], presence: ChainPresence) -> None:
        self._nodes = nodes
        self._presence = presence

    def read(
        self, chain_id: int, wallet: Address, spenders: Mapping[Address, Collection[Address]]
    ) -> WalletFunds:
        """Everything as of the newest block. Raises `ProviderUnavailable`, also when a node has
        left that block before it was asked, and when the chain did not answer a moment ago or too
        many wait for it."""
        with self._presence.asking(chain_id):
            head, (base_fee, tip) = self._nodes[chain_id].head_and_fees()
        places = [(token, who) for token, by in spenders.items() for who in (None, *by)]
        looked = [
            self._look(chain_id, head, wallet, chunk) for chunk in _chunks(_asked(wallet, places))
        ]
        coin, kind, delegate, _ = looked[0]
        numbers = dict(zip(places, (word for *_, words in looked for word in words), strict=True))
        return WalletFunds(
            chain_id=chain_id,
            wallet=wallet,
            kind=kind,
            delegate=delegate,
            coin=coin,
            tokens={
                token: TokenFunds(
                    balance=numbers[token, None],
                    allowances={spender: numbers[token, spender] for spender in by},
                )
                for token, by in spenders.items()
            },
            fees=GasFees(base_fee=base_fee, tip=max(tip, MIN_TIP)),
            block=BlockRead(number=head.number, hash=head.hash, at=block_instant(head.timestamp)),
        )

    def gas_to_pay(self, way: PayWay, token: Address, orders: int) -> GasToPay:
        """By the escrow's own figures, with room for the token."""
        return gas_to_pay(way, token, orders)

    def _look(
        self, chain_id: int, head: BlockHeader, wallet: Address, asked: Sequence[_Question]
    ) -> _Looked:
        """Coin, kind and delegate of a wallet, and the answer to each question."""
        code = _code() + encode(_ARGUMENTS, [wallet, asked])
        try:
            with self._presence.asking(chain_id):
                answer = self._nodes[chain_id].run_creation(code, block_hash=head.hash)
            chain, time, coin, size, beginning, answers = decode(_ANSWER, answer)
        except (CallReverted, *UNREADABLE) as error:
            raise ProviderUnavailable("the node does not let a wallet be looked at") from error
        if (chain, time, len(answers)) != (chain_id, head.timestamp, len(asked)):
            raise ProviderUnavailable("the node looked at a wallet in another block than asked")
        return coin, *_kind(size, beginning), [word if given else None for given, word in answers]


def _asked(wallet: Address, places: Sequence[tuple[Address, Address | None]]) -> list[_Question]:
    return [
        (
            token,
            _BALANCE + encode(["address"], [wallet])
            if spender is None
            else _ALLOWANCE + encode(["address", "address"], [wallet, spender]),
        )
        for token, spender in places
    ]


def _chunks(asked: Sequence[_Question]) -> list[Sequence[_Question]]:
    """At least one, for the wallet itself is looked at also when nothing is asked of tokens."""
    starts = range(0, max(len(asked), 1), QUESTIONS_A_CALL)
    return [asked[start : start + QUESTIONS_A_CALL] for start in starts]


def _kind(size: int, beginning: bytes) -> tuple[WalletKind, Address | None]:
    if size == 0:
        return WalletKind.KEY, None
    if size == _DELEGATION_LENGTH and beginning.startswith(_DELEGATION):
        delegate = beginning[len(_DELEGATION) : _DELEGATION_LENGTH]
        return WalletKind.DELEGATED, checksum_address("0x" + delegate.hex())
    return WalletKind.CONTRACT, None


@cache
def _code() -> bytes:
    """The creation code of `WalletReading`."""
    artifact = resources.files("souk.adapters.evm").joinpath("artifacts/WalletReading.json")
    return bytes.fromhex(json.loads(artifact.read_text("utf-8"))["bytecode"].removeprefix("0x"))
