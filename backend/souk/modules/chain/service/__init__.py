"""Use cases of the chain module."""

from souk.modules.chain.service.chains import Chains
from souk.modules.chain.service.followed import FollowedChain
from souk.modules.chain.service.loops import (
    look_after_accounts,
    proofs_due,
    rebroadcasts,
    watch_chain,
)
from souk.modules.chain.service.proving import Proofs
from souk.modules.chain.service.records import ChainRecords
from souk.modules.chain.service.replaying import Mended, Replays
from souk.modules.chain.service.rescanning import Rescanned, Rescans
from souk.modules.chain.service.standing import Standings
from souk.modules.chain.service.upkeep import Upkeep
from souk.modules.chain.service.watching import Pace

__all__ = [
    "ChainRecords",
    "Chains",
    "FollowedChain",
    "Mended",
    "Pace",
    "Proofs",
    "Replays",
    "Rescanned",
    "Rescans",
    "Standings",
    "Upkeep",
    "look_after_accounts",
    "proofs_due",
    "rebroadcasts",
    "watch_chain",
]
