"""Use cases about names of ENS: looking them up, showing them at a store, looking again."""

from souk.modules.names.service.avatar import Avatars
from souk.modules.names.service.gate import LookupGate
from souk.modules.names.service.judge import Judge
from souk.modules.names.service.last_look import FRESH, LastLooks
from souk.modules.names.service.look import Lookups
from souk.modules.names.service.recheck import Rechecks
from souk.modules.names.service.tell import Notices
from souk.modules.names.service.verify import Verifications

__all__ = [
    "FRESH",
    "Avatars",
    "Judge",
    "LastLooks",
    "LookupGate",
    "Lookups",
    "Notices",
    "Rechecks",
    "Verifications",
]
