"""Use cases of payments."""

from souk.modules.payments.service.payments import Payments
from souk.modules.payments.service.route import Offers
from souk.modules.payments.service.start import StartedAttempt

__all__ = ["Offers", "Payments", "StartedAttempt"]
