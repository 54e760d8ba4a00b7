"""Stores: `/api/marketplace/sellers`."""

from fastapi import APIRouter

from souk.modules.sellers.api import profiles, standing

router = APIRouter(tags=["sellers"])
for _part in (profiles, standing):
    router.include_router(_part.router)
