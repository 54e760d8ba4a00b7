"""What a caller may read about its own account."""

from datetime import datetime

from souk.core.db import Reads

_SESSION = """
    SELECT json_build_object(
        'session_id', session.id,
        'account_id', account.id,
        'roles', account.roles,
        'wallet', session.wallet,
        'email', session.email,
        'wallets', (
            SELECT coalesce(json_agg(
                json_build_object('address', wallet.address, 'proved_at', rfc3339(wallet.proved_at))
                ORDER BY wallet.proved_at, wallet.id), '[]'::json)
            FROM wallet WHERE wallet.account_id = account.id),
        'step_up_at', rfc3339(session.step_up_at),
        'created_at', rfc3339(session.created_at),
        'expires_at', rfc3339(session.expires_at))
    FROM session JOIN account ON account.id = session.account_id
    WHERE session.id = %(session_id)s
"""


async def session_view(reads: Reads, session_id: str) -> bytes | None:
    """The session, its account's roles and wallets, as JSON."""
    return await reads.document(_SESSION, {"session_id": session_id})


_KEYS = """
    SELECT json_build_object(
        'data', coalesce(json_agg(json_build_object(
            'id', api_key.id,
            'name', api_key.name,
            'prefix', api_key.prefix,
            'scopes', api_key.scopes,
            'created_at', rfc3339(api_key.created_at),
            'expires_at', rfc3339(api_key.expires_at),
            'last_used_at', rfc3339(api_key.last_used_at)) ORDER BY api_key.id), '[]'::json))
    FROM api_key WHERE api_key.account_id = %(account_id)s AND api_key.revoked_at IS NULL
"""


async def keys(reads: Reads, account_id: str) -> bytes | None:
    """The keys of an account that are not revoked, as JSON."""
    return await reads.document(_KEYS, {"account_id": account_id})


_SESSIONS = """
    SELECT json_build_object(
        'data', coalesce(json_agg(json_build_object(
            'session_id', session.id,
            'current', session.id = %(session_id)s,
            'wallet', session.wallet,
            'email', session.email,
            'created_at', rfc3339(session.created_at),
            'expires_at', rfc3339(session.expires_at)) ORDER BY session.id DESC), '[]'::json))
    FROM session
    WHERE session.account_id = %(account_id)s AND session.revoked_at IS NULL
      AND session.expires_at > %(now)s
"""


async def sessions(
    reads: Reads, account_id: str, *, session_id: str, now: datetime
) -> bytes | None:
    """The live sessions of an account, the newest first, as JSON."""
    parameters = {"account_id": account_id, "session_id": session_id, "now": now}
    return await reads.document(_SESSIONS, parameters)


_EMAILS = """
    SELECT json_build_object(
        'data', coalesce(json_agg(json_build_object(
            'address', email_address.address,
            'proved_at', rfc3339(email_address.proved_at))
            ORDER BY email_address.proved_at, email_address.id), '[]'::json))
    FROM email_address WHERE email_address.account_id = %(account_id)s
"""


async def emails(reads: Reads, account_id: str) -> bytes | None:
    """The e-mail addresses of an account, as JSON."""
    return await reads.document(_EMAILS, {"account_id": account_id})


# Whether it was used is for whoever reads the address to know.
_CHALLENGE = """
    SELECT json_build_object(
        'challenge_id', letter.id,
        'state', CASE WHEN letter.expires_at <= %(now)s THEN 'over'
                      WHEN letter.sent_at IS NOT NULL THEN 'sent'
                      WHEN letter.send_failed_at IS NOT NULL THEN 'delayed' ELSE 'waiting' END,
        'expires_at', rfc3339(letter.expires_at))
    FROM email_challenge AS letter WHERE letter.id = %(challenge_id)s
"""


async def email_challenge(reads: Reads, challenge_id: str, *, now: datetime) -> bytes | None:
    """How far a letter is, as JSON."""
    return await reads.document(_CHALLENGE, {"challenge_id": challenge_id, "now": now})


_ROLES = """
    SELECT json_build_object(
        'account_id', account.id,
        'roles', account.roles,
        'changes', (
            SELECT coalesce(json_agg(json_build_object(
                'role', change.role,
                'given', change.given,
                'by', change.by_account_id,
                'changed_at', rfc3339(change.changed_at)) ORDER BY change.id DESC), '[]'::json)
            FROM role_change AS change WHERE change.account_id = account.id))
    FROM account WHERE account.id = %(account_id)s
"""


async def roles(reads: Reads, account_id: str) -> bytes | None:
    """The roles of an account and who gave and took them, as JSON."""
    return await reads.document(_ROLES, {"account_id": account_id})
