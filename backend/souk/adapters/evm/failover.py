"""Asking the next endpoint when one does not answer.

For what does not depend on what was asked before: sending signed bytes, and looks at one block that
is named by its hash. Whoever follows a chain reads from one endpoint at a time instead.
"""

from collections.abc import Sequence

from souk.adapters.evm.rpc import RpcClient, RpcFault, RpcRequest, RpcResult
from souk.core.errors import ProviderUnavailable


class FailoverRpc:
    """Several endpoints of one chain as one client. It stays with the one that answered last; a
    node that answers with an error has answered."""

    def __init__(self, clients: Sequence[RpcClient]) -> None:
        self._clients = tuple(clients)
        self._preferred = 0

    def ask(self, method: str, *params: object) -> RpcResult | RpcFault:
        """One call. Raises `ProviderUnavailable` when no endpoint answers."""
        return self.ask_all([RpcRequest(method, params)])[0]

    def ask_all(self, requests: Sequence[RpcRequest]) -> list[RpcResult | RpcFault]:
        """Several calls in one request, answered by one endpoint. Raises `ProviderUnavailable` when
        none answers."""
        first, count = self._preferred, len(self._clients)
        for step in range(count):
            place = (first + step) % count
            try:
                answers = self._clients[place].ask_all(requests)
            except ProviderUnavailable:
                if step == count - 1:
                    raise
            else:
                self._preferred = place
                return answers
        raise ProviderUnavailable("no endpoint is configured")
