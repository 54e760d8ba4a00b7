"""Stores: `/api/marketplace/sellers`, and wallets that stores may be paid to."""

from souk.core.web import Section
from souk.modules.sellers.api import profiles, standing, team, wallets

# What begins with `me` comes before `/{seller}`, which would take it.
router = Section.of(team.router, profiles.router, standing.router, wallets.router)
