"""Another EVM for tests of the escrow contract: py-evm at the Cancun fork, as eth-tester runs it.

Transactions run on one state, without blocks; the contract looks at nothing of a block but its
time. Written for the two EVMs to share no line of code.
"""

from collections.abc import Sequence

from eth.abc import ComputationAPI, StateAPI
from eth.vm.forks import CancunVM
from eth.vm.message import Message
from eth.vm.spoof import SpoofTransaction
from eth_tester.backends.pyevm import PyEVMBackend

from tests.support.escrow_chain import Log, Outcome, Transaction, View

_READER = bytes(19) + b"\x01"
_ENOUGH_TO_READ = 1_000_000


class PyEvmChain:
    """py-evm; see `EscrowChain`."""

    def __init__(self) -> None:
        backend = PyEVMBackend(vm_configuration=((0, CancunVM),))
        self._chain = backend.chain
        self._kept = self._chain.get_vm().state.state_root
        self._builder = self._chain.get_transaction_builder()
        self._state = self._open(self._kept)
        self.chain_id: int = self._chain.chain_id

    def keep(self) -> None:
        """Remember the present state."""
        self._state.persist()
        self._kept = self._state.state_root

    def restore(self) -> None:
        """Go back to the state that was kept."""
        self._state = self._open(self._kept)

    def send(self, transaction: Transaction) -> Outcome:
        """Run a transaction."""
        self._state.execution_context._timestamp = transaction.at
        self._state.lock_changes()
        computation = self._state.apply_transaction(self._spoofed(transaction))
        if computation.is_error:
            return Outcome(False, bytes(computation.output), ())
        created = b"" if transaction.to else computation.msg.storage_address
        logs = (Log(where, _words(topics), data) for where, topics, data in _logs(computation))
        return Outcome(True, created, tuple(logs))

    def read(self, views: Sequence[View]) -> list[bytes]:
        """Look at the newest state."""
        return [self._read(view) for view in views]

    def set_coin(self, account: bytes, balance: int) -> None:
        """Give an account this much of the native coin."""
        self._state.set_balance(account, balance)

    def _open(self, root: bytes) -> StateAPI:
        vm = self._chain.get_vm()
        header = vm.get_header().copy(state_root=root, base_fee_per_gas=0)
        return vm.build_state(self._chain.chaindb.db, header, self._chain)

    def _spoofed(self, transaction: Transaction) -> SpoofTransaction:
        """Nobody signs: whoever it says is the sender."""
        unsigned = self._builder.new_unsigned_dynamic_fee_transaction(
            chain_id=self.chain_id,
            nonce=self._state.get_nonce(transaction.sender),
            max_priority_fee_per_gas=0,
            max_fee_per_gas=0,
            gas=transaction.gas,
            to=transaction.to,
            value=transaction.value,
            data=transaction.data,
            access_list=(),
        )
        return SpoofTransaction(unsigned, from_=transaction.sender, y_parity=0, r=1, s=1)

    def _read(self, view: View) -> bytes:
        if not view.data:
            return self._state.get_balance(view.to).to_bytes(32)
        message = Message(
            gas=_ENOUGH_TO_READ,
            to=view.to,
            sender=_READER,
            value=0,
            data=view.data,
            code=self._state.get_code(view.to),
            is_static=True,
        )
        context = self._state.get_transaction_context_class()(gas_price=0, origin=_READER)
        computation = self._state.computation_class.apply_message(self._state, message, context)
        return bytes(computation.output)


def _logs(computation: ComputationAPI) -> Sequence[tuple[bytes, tuple[int, ...], bytes]]:
    return computation.get_log_entries()


def _words(topics: tuple[int, ...]) -> tuple[bytes, ...]:
    return tuple(topic.to_bytes(32) for topic in topics)
