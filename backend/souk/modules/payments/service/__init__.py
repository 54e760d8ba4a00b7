"""Use cases of payments."""

from souk.modules.payments.service.credits import Credits
from souk.modules.payments.service.follow import Following
from souk.modules.payments.service.health import RailHealth
from souk.modules.payments.service.look import INBOX_SOURCE
from souk.modules.payments.service.parts import CardRail, Parts
from souk.modules.payments.service.payments import Payments
from souk.modules.payments.service.prove import Proving
from souk.modules.payments.service.replay import LegUnlike, compare_leg
from souk.modules.payments.service.route import Offers, directions, gateways
from souk.modules.payments.service.seal import SealedTerms
from souk.modules.payments.service.start import StartedAttempt

__all__ = [
    "INBOX_SOURCE",
    "CardRail",
    "Credits",
    "Following",
    "LegUnlike",
    "Offers",
    "Parts",
    "Payments",
    "Proving",
    "RailHealth",
    "SealedTerms",
    "StartedAttempt",
    "compare_leg",
    "directions",
    "gateways",
]
