"""The service that other modules and the entrypoints see."""

from souk.modules.payments.service.ask import Asking
from souk.modules.payments.service.close import Closing
from souk.modules.payments.service.freeze import Freezing
from souk.modules.payments.service.look import Looking
from souk.modules.payments.service.observe import Observing
from souk.modules.payments.service.open import Opening
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.stand import Standing
from souk.modules.payments.service.start import Starting


class Payments(Opening, Starting, Closing, Observing, Asking, Standing, Freezing, Looking):
    """Payments: opened, tried, observed, and asked where they stand. Money facts enter through
    `observe` alone."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
