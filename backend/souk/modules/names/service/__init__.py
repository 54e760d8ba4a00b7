"""Use cases about names of ENS: looking them up, showing them at a store, looking again."""

from souk.modules.names.service.gate import LookupGate
from souk.modules.names.service.look import Lookups

__all__ = ["LookupGate", "Lookups"]
