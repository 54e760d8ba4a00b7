"""Use cases of webhooks: endpoints, announcing events to them, sending, sending by hand."""

from souk.modules.webhooks.service.announce import Announcements
from souk.modules.webhooks.service.endpoints import Endpoints
from souk.modules.webhooks.service.forget import DeliveryLog
from souk.modules.webhooks.service.loops import WAKE_CHANNEL, forget_old, send_webhooks
from souk.modules.webhooks.service.resend import ResendGate, Resends
from souk.modules.webhooks.service.send import Sender

__all__ = [
    "WAKE_CHANNEL",
    "Announcements",
    "DeliveryLog",
    "Endpoints",
    "ResendGate",
    "Resends",
    "Sender",
    "forget_old",
    "send_webhooks",
]
