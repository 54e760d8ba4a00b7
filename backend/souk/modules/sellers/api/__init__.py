"""Stores: `/api/marketplace/sellers`."""

from fastapi import APIRouter

from souk.modules.sellers.api import profiles, standing, wallets

router = APIRouter()
for _part in (profiles, standing):
    router.include_router(_part.router)

wallets_router = wallets.router
