"""The public profile, composed by PostgreSQL."""

from souk.core.db import Reads

_PROFILE = """
    SELECT json_build_object(
        'id', seller.id,
        'handle', seller.handle,
        'name', seller.name,
        'bio', seller.bio,
        'location', seller.location,
        'website', seller.website,
        'twitter', seller.twitter,
        'discord', seller.discord,
        'telegram', seller.telegram,
        'payout_wallet', seller.payout_wallet,
        'ens_name', seller.ens_name,
        'status', seller.status,
        'version', seller.version,
        'created_at', rfc3339(seller.created_at),
        'updated_at', rfc3339(seller.updated_at))
    FROM seller
"""
_BY_ID = _PROFILE + " WHERE seller.id = %(reference)s"
_BY_HANDLE = _PROFILE + " WHERE seller.handle = lower(%(reference)s)"
_BY_ACCOUNT = _PROFILE + " WHERE seller.account_id = %(account_id)s"


async def profile(reads: Reads, reference: str) -> bytes | None:
    """The profile of the seller with this id or handle, as JSON. Ids hold an underscore, handles
    never do."""
    statement = _BY_ID if "_" in reference else _BY_HANDLE
    return await reads.document(statement, {"reference": reference})


async def profile_of_account(reads: Reads, account_id: str) -> bytes | None:
    """The profile of this account's store, as JSON."""
    return await reads.document(_BY_ACCOUNT, {"account_id": account_id})
