"""Payments: `/api/payments`, and what card providers send."""

from souk.core.web import Section
from souk.modules.payments.api import (
    advice,
    cards,
    failed_payouts,
    health,
    payments,
    shown,
    signatures,
)

# What has a path of its own comes before `/api/payments/{payment_id}`, which would take it.
router = Section.of(
    cards.router,
    failed_payouts.router,
    advice.router,
    health.router,
    payments.router,
    shown.router,
    signatures.router,
)
