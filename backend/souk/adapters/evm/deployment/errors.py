"""Why nothing was deployed, or why what stands on a chain is not believed.

    DeploymentError                 the chain, the package or the key is not fit for a deployment
    +-- EndpointOfAnotherChain      the endpoint serves another chain than was asked for
    +-- ChainMisdescribed           a token, the price feed or Permit2 is not as described
    +-- ArtifactChanged             a compiled contract is not the one that was released
    +-- FactoryMissing              the chain has no CREATE2 factory at the well-known address
    +-- ForeignCode                 other code than ours stands at our address
    +-- FeeTooHigh                  the chain's fee is above the bound
    +-- BalanceTooLow               the deployer cannot pay for the gas
    +-- DeploymentFailed            a transaction was refused, reverted, or is in no block yet

None of them ever tells an endpoint's address or a key.
"""

from souk.core.errors import ProviderRejected


class DeploymentError(ProviderRejected):
    """The chain, the package or the key is not fit for a deployment."""

    code = "deployment_refused"


class EndpointOfAnotherChain(DeploymentError):
    """The endpoint serves another chain than the one that was asked for."""

    code = "endpoint_of_another_chain"


class ChainMisdescribed(DeploymentError):
    """A token, the price feed or Permit2 is not on the chain as the description says."""

    code = "chain_misdescribed"


class ArtifactChanged(DeploymentError):
    """A compiled contract of this package is not the one that was released with it."""

    code = "artifact_changed"


class FactoryMissing(DeploymentError):
    """The chain has no CREATE2 factory at the well-known address."""

    code = "factory_missing"


class ForeignCode(DeploymentError):
    """At the address of our contract stands other code than ours."""

    code = "foreign_code"


class FeeTooHigh(DeploymentError):
    """The chain's fee is above the bound that the operator set."""

    code = "fee_too_high"


class BalanceTooLow(DeploymentError):
    """The deployer's balance does not cover the gas at the present fee."""

    code = "balance_too_low"


class DeploymentFailed(DeploymentError):
    """A transaction was not taken, reverted, or is in no block yet."""

    code = "deployment_failed"
