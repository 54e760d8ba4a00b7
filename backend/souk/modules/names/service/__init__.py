"""Use cases about names of ENS: looking them up, showing them at a store, looking again."""

from souk.modules.names.service.avatar import Avatars
from souk.modules.names.service.gate import LookupGate
from souk.modules.names.service.look import Lookups
from souk.modules.names.service.recheck import Rechecks
from souk.modules.names.service.verify import Verifications

__all__ = ["Avatars", "LookupGate", "Lookups", "Rechecks", "Verifications"]
