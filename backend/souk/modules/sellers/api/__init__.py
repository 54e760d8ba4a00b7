"""Stores: `/api/marketplace/sellers`."""

from fastapi import APIRouter

from souk.modules.sellers.api import profiles, standing, team

router = APIRouter(tags=["sellers"])
# What begins with `me` comes before `/{seller}`, which would take it.
for _part in (team, profiles, standing):
    router.include_router(_part.router)
