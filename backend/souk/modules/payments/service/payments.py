"""The service that other modules and the entrypoints see."""

from souk.modules.payments.service.advise import Advising
from souk.modules.payments.service.ask import Asking
from souk.modules.payments.service.cards import CardKeeping
from souk.modules.payments.service.compare import Comparing
from souk.modules.payments.service.freeze import Freezing
from souk.modules.payments.service.open import Opening
from souk.modules.payments.service.parts import Parts
from souk.modules.payments.service.sign import Signing
from souk.modules.payments.service.stand import Standing


class Payments(Opening, Advising, Signing, Asking, Standing, Freezing, CardKeeping, Comparing):
    """Payments: opened, advised about, tried, observed, and asked where they stand. Money facts
    enter through `observe` alone."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
