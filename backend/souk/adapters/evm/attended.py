"""Asking an endpoint only while its chain is there."""

from collections.abc import Sequence

from souk.adapters.evm.presence import ChainPresence
from souk.adapters.evm.rpc import RpcClient, RpcFault, RpcRequest, RpcResult


class AttendedRpc:
    """A client that asks inside of `ChainPresence.asking`, so that of those who wait for an
    endpoint that never answers only a few hold a thread. Raises `ProviderUnavailable` also when
    the chain is not to be asked now."""

    def __init__(self, client: RpcClient, presence: ChainPresence, chain_id: int) -> None:
        self._client, self._presence, self._chain_id = client, presence, chain_id

    def ask(self, method: str, *params: object) -> RpcResult | RpcFault:
        """One call."""
        with self._presence.asking(self._chain_id):
            return self._client.ask(method, *params)

    def ask_all(self, requests: Sequence[RpcRequest]) -> list[RpcResult | RpcFault]:
        """Several calls in one request."""
        with self._presence.asking(self._chain_id):
            return self._client.ask_all(requests)
