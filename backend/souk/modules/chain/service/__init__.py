"""Use cases of the chain module."""

from souk.modules.chain.service.chains import Chains, FollowedChain
from souk.modules.chain.service.loops import look_after_accounts, rebroadcasts, watch_chain
from souk.modules.chain.service.records import ChainRecords
from souk.modules.chain.service.upkeep import Upkeep
from souk.modules.chain.service.watching import Pace

__all__ = [
    "ChainRecords",
    "Chains",
    "FollowedChain",
    "Pace",
    "Upkeep",
    "look_after_accounts",
    "rebroadcasts",
    "watch_chain",
]
