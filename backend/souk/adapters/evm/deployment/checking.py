"""Looking at a deployment without changing anything."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources.abc import Traversable

from web3.eth import Eth

from souk.adapters.evm.deployment import contracts
from souk.adapters.evm.deployment.artifacts import carried, load_artifact
from souk.adapters.evm.deployment.asking import connected
from souk.adapters.evm.deployment.errors import DeploymentError, ForeignCode
from souk.adapters.evm.deployment.reading import (
    FEED_DECIMALS,
    code_at,
    code_hash,
    require_decimals,
    require_permit2,
)
from souk.adapters.evm.registry import Deployment
from souk.core.addresses import ZERO_ADDRESS
from souk.core.errors import ProviderUnavailable


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    well: bool
    said: str


def check(
    rpc_url: str, deployment: Deployment, artifacts: Traversable | None = None
) -> list[Finding]:
    """Compare what stands on the chain with the record. Needs no key."""
    try:
        with connected(rpc_url, deployment.chain_id) as eth:
            chain = Finding("chain", True, f"{deployment.chain_id} ({deployment.name})")
            return [chain, *_findings(eth, deployment, artifacts or carried())]
    except (DeploymentError, ProviderUnavailable) as error:
        return [Finding("chain", False, error.detail)]


def _findings(eth: Eth, deployment: Deployment, artifacts: Traversable) -> list[Finding]:
    found = [_finding("escrow", lambda: _escrow(eth, deployment, artifacts))]
    if deployment.permit2 != ZERO_ADDRESS:
        found.append(_finding("permit2", lambda: _permit2(eth, deployment)))
    places = [(t.symbol, t.address, t.exponent) for t in deployment.tokens]
    places.append(("price feed", deployment.native.price_feed, FEED_DECIMALS))
    for name, address, decimals in places:
        look = _decimals(eth, name, address, decimals)
        found.append(_finding(name, look))
    return found


def _finding(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, True, look())
    except DeploymentError as error:
        return Finding(what, False, error.detail)


def _escrow(eth: Eth, deployment: Deployment, artifacts: Traversable) -> str:
    recorded = deployment.escrow
    code = code_at(eth, recorded.address)
    if code_hash(code) != recorded.code_hash:
        what = "other code than recorded" if code else "no code"
        raise ForeignCode(f"there is {what} at {recorded.address}")
    if recorded.artifact_sha256 != load_artifact("Escrow", artifacts).sha256:
        return f"{recorded.address}, code as recorded, of another release than this one"
    ours = contracts.escrow(artifacts, deployment.permit2)
    if ours.address != recorded.address or not ours.stands(eth):
        raise ForeignCode(f"the record names {recorded.address}, and ours is {ours.address}")
    return f"{recorded.address}, code matches"


def _permit2(eth: Eth, deployment: Deployment) -> str:
    require_permit2(eth, deployment)
    return f"{deployment.permit2}, code matches"


def _decimals(eth: Eth, name: str, address: str, expected: int) -> Callable[[], str]:
    def look() -> str:
        require_decimals(eth, name, address, expected)
        return f"{address}, {expected} decimals"

    return look
