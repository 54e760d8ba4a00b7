"""Senders of transactions that die, or whose node is away, at a step of their work."""

from collections.abc import Callable

from eth_account import Account

from souk.adapters.evm.sender import LocalTransactionSender
from souk.core.addresses import Address, checksum_address
from souk.core.errors import ProviderUnavailable
from souk.core.unit_of_work import UnitOfWork
from souk.modules.chain.domain import Call, Sent
from souk.modules.chain.service import Chains
from tests.support.chain_builders import CHAIN_ID
from tests.support.stack import Chain

# The last of the accounts that every anvil funds.
KEY = "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6"
RELAYER_KEY = "0xdbda1821b80551c9d65939329250298aa3472ba22feea921c0cf5d620ea67b97"
KEEPER = checksum_address(Account.from_key(KEY).address)
NOTHING = Call(checksum_address("0x" + "44" * 20), b"")


class Failing:
    """A sender that dies at one step, before or after it did it."""

    def __init__(self, honest: LocalTransactionSender, step: str, *, after: bool) -> None:
        self._honest = honest
        self._step = step
        self._after = after

    def __getattr__(self, name: str) -> object:
        honest = getattr(self._honest, name)
        return self._dying(honest) if name == self._step else honest

    def _dying(self, act: Callable[..., object]) -> Callable[..., object]:
        def die(*arguments: object) -> None:
            if self._after:
                act(*arguments)
            raise KilledHere

        return die


class KilledHere(BaseException):
    """Stands for the end of the process."""


class Unreachable(Failing):
    """A sender whose node is away at one step."""

    def _dying(self, act: Callable[..., object]) -> Callable[..., object]:
        def fail(*_arguments: object) -> None:
            raise ProviderUnavailable("the node is away")

        return fail


class Forgetful(Failing):
    """A sender to which one question is answered as if there were nothing."""

    def _dying(self, act: Callable[..., object]) -> Callable[..., object]:
        return lambda *_arguments: None


def sent_on_chain(chain: Chain, account: Address = KEEPER) -> int:
    """How many transactions of an account stand in blocks."""
    return int(str(chain.call("eth_getTransactionCount", account, "latest")), 16)


def status(uow: UnitOfWork, chains: Chains, intent: str) -> Sent | None:
    """What became of an intent."""
    with uow.begin() as tx:
        return chains.find_sent(tx, CHAIN_ID, intent)
