"""Payments: `/api/payments`, and what card providers send."""

from fastapi import APIRouter

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
router = APIRouter()
router.include_router(cards.router)
router.include_router(failed_payouts.router)
router.include_router(advice.router)
router.include_router(health.router)
router.include_router(payments.router)
router.include_router(shown.router)
router.include_router(signatures.router)
