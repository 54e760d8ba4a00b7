"""Who somebody is: `/api/auth`, `/api/accounts`."""

from fastapi import APIRouter

from souk.modules.accounts.api import addresses, emails, keys, roles, sessions, sign_in

router = APIRouter()
router.include_router(sign_in.router)
router.include_router(emails.router)
router.include_router(addresses.router)
router.include_router(sessions.router)
router.include_router(keys.router)
router.include_router(roles.router)
