"""The shop of the trade tests: a fresh installation on one chain that is put back afterwards."""

from tests.integration.trade.conftest import deployed_chain, fresh_shop

__all__ = ["deployed_chain", "fresh_shop"]
