"""Stores: `/api/marketplace/sellers`, and wallets that stores may be paid to."""

from fastapi import APIRouter

from souk.modules.sellers.api import profiles, standing, team, wallets

router = APIRouter()
# What begins with `me` comes before `/{seller}`, which would take it.
for _part in (team, profiles, standing, wallets):
    router.include_router(_part.router)
