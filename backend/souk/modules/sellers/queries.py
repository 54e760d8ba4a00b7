"""Stores as everybody sees them, and what their own people see, composed by PostgreSQL."""

from datetime import datetime

from souk.core.db import Reads

_FIELDS = """
        'id', seller.id,
        'handle', seller.handle,
        'name', seller.name,
        'bio', seller.bio,
        'location', seller.location,
        'website', seller.website,
        'twitter', seller.twitter,
        'discord', seller.discord,
        'telegram', seller.telegram,
        'shipping_policy', seller.shipping_policy,
        'returns_policy', seller.returns_policy,
        'ships_from', seller.ships_from,
        'ships_from_place', seller.ships_from_place,
        'on_holiday', seller.on_holiday,
        'holiday_note', seller.holiday_note,
        'profile_image', seller.profile_image,
        'cover_image', seller.cover_image,
        'payout_wallet', seller.payout_wallet,
        'payout_wallets', (
            SELECT coalesce(json_object_agg(own.chain_id, own.wallet ORDER BY own.chain_id), '{}')
            FROM seller_payout_wallet own WHERE own.seller_id = seller.id),
        'ens_name', seller.ens_name,
        'status', seller.status,
        'verified', seller.verification = 'verified',
        'version', seller.version,
        'created_at', rfc3339(seller.created_at),
        'updated_at', rfc3339(seller.updated_at)
"""
_PROFILE = f" SELECT json_build_object({_FIELDS}) FROM seller"
_FROZEN = "'payout_frozen_until', rfc3339(seller.payout_frozen_until)"
# What is not open yet is shown to whoever prepares it, and to who decides about it.
_SHOWN = """
    AND (seller.status IN ('approved', 'suspended') OR works_at(%(viewer)s, seller.id) OR %(staff)s)
"""
_ID = " WHERE seller.id = %(reference)s"
_HANDLE = " WHERE seller.handle = lower(%(reference)s)"
_BY_ACCOUNT = f"""
    SELECT json_build_object({_FIELDS}, {_FROZEN})
    FROM seller WHERE seller.account_id = %(account_id)s
"""


_STANDING = f"""
    SELECT json_build_object(
        'seller_id', seller.id,
        'status', seller.status,
        'verification', seller.verification,
        {_FROZEN},
        'history', (
            SELECT json_agg(json_build_object(
                'aspect', step.aspect,
                'from', step.from_state,
                'to', step.to_state,
                'mover', step.mover,
                'mover_id', CASE WHEN %(staff)s THEN step.mover_id END,
                'reason', step.reason,
                'occurred_at', rfc3339(step.occurred_at))
                ORDER BY step.occurred_at, step.id)
            FROM seller_standing_history step WHERE step.seller_id = seller.id))
    FROM seller
"""
_PRIVATE = " AND (works_at(%(viewer)s, seller.id) OR %(staff)s)"


_TEAM = """
    SELECT json_build_object(
        'owner', json_build_object('account_id', seller.account_id, 'role', 'owner'),
        'data', (
            SELECT coalesce(json_agg(json_build_object(
                'id', member.id,
                'seller_id', member.seller_id,
                'wallet', member.wallet,
                'role', member.role,
                'account_id', member.account_id,
                'invited_at', rfc3339(member.invited_at),
                'accepted_at', rfc3339(member.accepted_at)) ORDER BY member.id), '[]')
            FROM seller_member member
            WHERE member.seller_id = seller.id AND member.ended_at IS NULL))
    FROM seller
"""
_STORE = "json_build_object('id', seller.id, 'handle', seller.handle, 'name', seller.name)"
_ROLES = f"""
    SELECT json_build_object('data', coalesce(json_agg(json_build_object(
        'store', {_STORE}, 'role', acts.role, 'member_id', acts.member_id)
        ORDER BY acts.member_id NULLS FIRST), '[]'))
    FROM (
        SELECT id AS seller_id, 'owner' AS role, NULL AS member_id
        FROM seller WHERE account_id = %(account_id)s
        UNION ALL
        SELECT seller_id, role, id FROM seller_member
        WHERE account_id = %(account_id)s AND ended_at IS NULL
    ) AS acts
    JOIN seller ON seller.id = acts.seller_id
"""
_INVITATIONS = f"""
    SELECT json_build_object('data', coalesce(json_agg(json_build_object(
        'id', member.id, 'store', {_STORE}, 'role', member.role, 'wallet', member.wallet,
        'invited_at', rfc3339(member.invited_at)) ORDER BY member.id), '[]'))
    FROM wallet
    JOIN seller_member member ON member.wallet = wallet.address
    JOIN seller ON seller.id = member.seller_id
    WHERE wallet.account_id = %(account_id)s AND member.accepted_at IS NULL
      AND member.ended_at IS NULL AND member.invited_at >= %(not_before)s
"""


async def profile(reads: Reads, reference: str, *, viewer: str | None, staff: bool) -> bytes | None:
    """The profile of the seller with this id or handle, as JSON; one that is not open yet for its
    owner and staff alone."""
    statement = _PROFILE + _named(reference) + _SHOWN
    return await reads.document(
        statement, {"reference": reference, "viewer": viewer or "", "staff": staff}
    )


async def standing(reads: Reads, reference: str, *, viewer: str, staff: bool) -> bytes | None:
    """Where a store stands and how that came about, for its owner and staff; `None` for anybody
    else."""
    statement = _STANDING + _named(reference) + _PRIVATE
    return await reads.document(
        statement, {"reference": reference, "viewer": viewer, "staff": staff}
    )


async def team(reads: Reads, reference: str, *, viewer: str) -> bytes | None:
    """Who acts for a store and who is invited, for its own people; `None` for anybody else."""
    statement = _TEAM + _named(reference) + " AND works_at(%(viewer)s, seller.id)"
    return await reads.document(statement, {"reference": reference, "viewer": viewer})


async def roles(reads: Reads, account_id: str) -> bytes | None:
    """The stores that an account acts for, its own first."""
    return await reads.document(_ROLES, {"account_id": account_id})


async def invitations(reads: Reads, account_id: str, *, not_before: datetime) -> bytes | None:
    """The invitations that are open for the wallets of an account."""
    return await reads.document(_INVITATIONS, {"account_id": account_id, "not_before": not_before})


def _named(reference: str) -> str:
    """Ids hold an underscore, handles never do."""
    return _ID if "_" in reference else _HANDLE


async def profile_of_account(reads: Reads, account_id: str) -> bytes | None:
    """The profile of this account's store and what is its own to know, as JSON."""
    return await reads.document(_BY_ACCOUNT, {"account_id": account_id})
