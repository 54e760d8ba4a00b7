"""Putting the contracts on chains, and looking at what stands there."""

from souk.adapters.evm.deployment.checking import Finding, check
from souk.adapters.evm.deployment.deployer import Deployer, KeySource, Preview
from souk.adapters.evm.deployment.errors import DeploymentError

__all__ = ["Deployer", "DeploymentError", "Finding", "KeySource", "Preview", "check"]
