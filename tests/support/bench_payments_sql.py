"""The statements of the floor, on Souk's own tables."""

ENTER = """
INSERT INTO idempotency_key
    (id, principal_id, route, key, fingerprint, created_at, locked_until, expires_at)
VALUES (%(request)s, %(buyer)s, 'POST /api/orders', %(key)s, %(fingerprint)s, %(now)s,
        %(now)s + interval '1 minute', %(now)s + interval '30 days')
ON CONFLICT DO NOTHING RETURNING id
"""
LISTING = """
SELECT l.title, l.price, l.kind, l.handling_days, l.transit_days, l.seller_id, s.account_id,
       s.payout_wallet, p.reference AS payee
FROM listing AS l JOIN seller AS s ON s.id = l.seller_id
JOIN payee_account AS p ON p.seller_id = s.id AND p.ready
WHERE l.id = %(listing)s AND l.status = 'published'
"""
TAKE = """
UPDATE stock_item SET reserved = reserved + 1, updated_at = %(now)s
WHERE listing_id = %(listing)s AND on_hand - reserved >= 1 RETURNING listing_id
"""
PLACE = (
    """
    INSERT INTO checkout (id, buyer_id, request_key, total, currency, created_at)
    VALUES (%(checkout)s, %(buyer)s, %(request)s, %(price)s, 'USD', %(now)s)
    """,
    """
    INSERT INTO orders
        (id, checkout_id, buyer_id, seller_id, seller_account_id, payout_wallet, status, total,
         currency, kind, handling_days, transit_days, created_at, updated_at, expires_at)
    VALUES (%(order)s, %(checkout)s, %(buyer)s, %(seller_id)s, %(account_id)s, %(payout_wallet)s,
            'pending_payment', %(price)s, 'USD', %(kind)s, %(handling_days)s, %(transit_days)s,
            %(now)s, %(now)s, %(pay_by)s)
    """,
    """
    INSERT INTO order_line
        (id, order_id, position, listing_id, title, unit_price, currency, quantity, kind,
         handling_days, transit_days)
    VALUES (%(line)s, %(order)s, 1, %(listing)s, %(title)s, %(price)s, 'USD', 1, %(kind)s,
            %(handling_days)s, %(transit_days)s)
    """,
    """
    INSERT INTO stock_reservation
        (id, order_id, listing_id, quantity, state, created_at, updated_at)
    VALUES (%(reservation)s, %(order)s, %(listing)s, 1, 'reserved', %(now)s, %(now)s)
    """,
    """
    INSERT INTO order_status_history
        (id, order_id, sequence, from_status, to_status, actor, actor_id, reason, evidence,
         occurred_at, observed_at)
    VALUES (%(step)s, %(order)s, 1, NULL, 'pending_payment', 'buyer', %(buyer)s, 'order placed',
            '{}', %(now)s, %(now)s)
    """,
    """
    INSERT INTO timer (id, kind, subject, clock, due_at, generation, attempts)
    VALUES (%(timer)s, 'orders.expire_checkout', %(checkout)s, 'wall', %(pay_by)s, 1, 0)
    """,
    """
    INSERT INTO payment
        (id, checkout_id, buyer_id, amount, currency, status, created_at, updated_at)
    VALUES (%(payment)s, %(checkout)s, %(buyer)s, %(price)s, 'USD', 'PENDING', %(now)s, %(now)s)
    """,
)
DRAFT = (
    """
    INSERT INTO payment_attempt
        (id, payment_id, number, request_key, method, status, clock, asset, asset_exponent,
         asset_symbol, amount, usd_amount, rate_amount, rate_exponent, rate_source, spread_bps,
         quote_issued_at, quote_expires_at, pay_by, route_explanation, created_at, updated_at)
    VALUES (%(attempt)s, %(payment)s, 1, %(request)s, 'STRIPE', 'created', 'wall', 'USD', 2, 'USD',
            %(price)s, %(price)s, 1, 0, 'par', 0, %(now)s, %(pay_by)s, %(pay_by)s, '{}', %(now)s,
            %(now)s)
    """,
    """
    INSERT INTO payment_attempt_history
        (id, attempt_id, sequence, from_status, to_status, reason, evidence, observed_at)
    VALUES (%(attempt_step)s, %(attempt)s, 1, NULL, 'created', 'chosen', '{}', %(now)s)
    """,
    """
    INSERT INTO payment_attempt_leg
        (id, payment_id, attempt_id, order_id, seller_id, position, method, external_reference,
         clock, card_account, asset, asset_exponent, asset_symbol, amount, usd_amount, fee_bps,
         pay_by, fulfil_by, window_seconds, ref, status, held, released, refunded, fee, duplicate,
         created_at, updated_at)
    VALUES (%(leg)s, %(payment)s, %(attempt)s, %(order)s, %(seller_id)s, 0, 'STRIPE',
            %(reference)s, 'wall', %(payee)s, 'USD', 2, 'USD', %(price)s, %(price)s, 250,
            %(pay_by_unix)s, %(fulfil_by)s, 1209600, %(ref)s, 'awaiting', 0, 0, 0, 0, false,
            %(now)s, %(now)s)
    """,
    """
    INSERT INTO terms_document (id, leg_id, order_id, ref, body, created_at)
    VALUES (%(terms)s, %(leg)s, %(order)s, %(ref)s, %(body)s, %(now)s)
    """,
)
PUBLISH = """
INSERT INTO outbox
    (id, aggregate, name, version, payload, created_at, next_attempt_at, attempts)
SELECT id, aggregate, name, 1, payload::jsonb, %(now)s, %(now)s, 0
FROM unnest(%(ids)s::text[], %(aggregates)s::text[], %(names)s::text[], %(payloads)s::text[])
     WITH ORDINALITY AS new (id, aggregate, name, payload, place)
ORDER BY place
"""
NOTIFY = "NOTIFY souk_outbox"
HAND_OUT = (
    "SELECT status FROM payment WHERE id = %(payment)s FOR UPDATE",
    """
    UPDATE payment_attempt
    SET status = 'awaiting_payer', provider_reference = %(intent)s, updated_at = %(now)s
    WHERE id = %(attempt)s AND status = 'created'
    """,
    """
    INSERT INTO payment_attempt_history
        (id, attempt_id, sequence, from_status, to_status, reason, evidence, observed_at)
    VALUES (%(attempt_step)s, %(attempt)s, 2, 'created', 'awaiting_payer', 'told', '{}', %(now)s)
    """,
    "UPDATE idempotency_key SET status = 201, body = %(answer)s WHERE id = %(request)s",
)
LOCK = """
SELECT leg.id AS leg, leg.order_id AS order, leg.amount, leg.seller_id AS seller, leg.fulfil_by,
       p.id AS payment, p.buyer_id AS buyer, p.checkout_id AS checkout, a.id AS attempt,
       a.status AS attempt_status, o.status AS order_status
FROM payment_attempt_leg AS leg
JOIN orders AS o ON o.id = leg.order_id
JOIN payment AS p ON p.id = leg.payment_id
JOIN payment_attempt AS a ON a.id = leg.attempt_id
WHERE leg.external_reference = %(reference)s
FOR NO KEY UPDATE OF o, p
"""
SEE = """
INSERT INTO payment_effect
    (id, leg_id, kind, bookings, booked_observation, booked_stage, told, frozen)
VALUES (%(charge)s, %(leg)s, 'held', 1, %(charge)s, 'posted', true, false)
ON CONFLICT DO NOTHING RETURNING id
"""
COMPLETE = (
    """
    INSERT INTO payment_observation
        (id, effect_id, stage, amount, to_buyer, to_seller, fee, deadline, occurred_at, evidence,
         observed_at)
    VALUES (%(charge)s, %(charge)s, 'reached', %(amount)s, 0, 0, 0, 0, %(now)s, %(evidence)s,
            %(now)s)
    """,
    """
    INSERT INTO ledger_entry
        (id, external_reference, effect_reference, flow, order_id, holder, posting_count,
         occurred_at, created_at)
    VALUES (%(entry)s, %(entry_reference)s, %(charge)s, 'hold', %(order)s, %(leg)s, 2, %(now)s,
            %(now)s)
    """,
    """
    INSERT INTO ledger_account (id, kind, owner, asset, created_at)
    VALUES (%(buyer_account)s, 'buyer', %(buyer)s, 'USD', %(now)s),
           (%(escrow_account)s, 'escrow', %(leg)s, 'USD', %(now)s)
    ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO ledger_posting (entry_id, position, account_id, stage, amount)
    SELECT %(entry)s, CASE kind WHEN 'buyer' THEN 0 ELSE 1 END, id, 'posted',
           CASE kind WHEN 'buyer' THEN -%(amount)s ELSE %(amount)s END
    FROM ledger_account
    WHERE (kind, owner, asset) IN (('buyer', %(buyer)s, 'USD'), ('escrow', %(leg)s, 'USD'))
    """,
    """
    UPDATE payment_attempt_leg
    SET status = 'held', held = %(amount)s, charge_reference = %(charge)s,
        deadline = to_timestamp(%(fulfil_by)s), updated_at = %(now)s
    WHERE id = %(leg)s
    """,
    "UPDATE orders SET status = 'paid', updated_at = %(now)s WHERE id = %(order)s",
    """
    INSERT INTO order_status_history
        (id, order_id, sequence, from_status, to_status, actor, reason, evidence, occurred_at,
         observed_at)
    SELECT %(step)s, %(order)s, max(sequence) + 1, 'pending_payment', 'paid', 'gateway',
           'the money is held', %(evidence)s, %(now)s, %(now)s
    FROM order_status_history WHERE order_id = %(order)s
    """,
    """
    UPDATE stock_item AS s
    SET on_hand = s.on_hand - r.quantity, reserved = s.reserved - r.quantity, updated_at = %(now)s
    FROM stock_reservation AS r WHERE r.order_id = %(order)s AND s.listing_id = r.listing_id
    """,
    """
    UPDATE stock_reservation SET state = 'allocated', updated_at = %(now)s
    WHERE order_id = %(order)s
    """,
    """
    UPDATE payment_attempt SET status = 'succeeded', updated_at = %(now)s WHERE id = %(attempt)s
    """,
    """
    INSERT INTO payment_attempt_history
        (id, attempt_id, sequence, from_status, to_status, reason, evidence, observed_at)
    SELECT %(attempt_step)s, %(attempt)s, max(sequence) + 1, %(attempt_status)s, 'succeeded',
           'every order is paid', %(evidence)s, %(now)s
    FROM payment_attempt_history WHERE attempt_id = %(attempt)s
    """,
    """
    UPDATE payment SET status = 'COMPLETED', updated_at = %(now)s, completed_at = %(now)s
    WHERE id = %(payment)s
    """,
)
DELIVER = """
UPDATE outbox SET delivered_at = now(), attempts = attempts + 1
WHERE id IN (SELECT id FROM outbox WHERE delivered_at IS NULL ORDER BY sequence
             LIMIT 200 FOR UPDATE SKIP LOCKED)
"""

PRINCIPAL = """
SELECT s.account_id FROM session AS s
WHERE s.token_hash = %(token_hash)s AND s.revoked_at IS NULL AND s.expires_at > %(now)s
"""
TO_PAY = """
SELECT o.id AS order, o.checkout_id AS checkout, o.buyer_id AS buyer, o.seller_id, o.status,
       o.total AS price, l.listing_id AS listing, l.title, p.id AS payment, p.status AS state,
       a.reference AS payee
FROM payment AS p JOIN orders AS o ON o.checkout_id = p.checkout_id
JOIN order_line AS l ON l.order_id = o.id
JOIN payee_account AS a ON a.seller_id = o.seller_id AND a.ready
WHERE p.id = %(payment)s AND p.buyer_id = %(buyer)s AND o.status = 'pending_payment'
"""
LOCK_TO_PAY = TO_PAY + "FOR NO KEY UPDATE OF o, p"
EXTEND = (
    """
    UPDATE orders SET expires_at = greatest(expires_at, %(pay_by)s) WHERE id = %(order)s
    """,
    """
    UPDATE timer SET due_at = %(pay_by)s, generation = generation + 1
    WHERE kind = 'orders.expire_checkout' AND subject = %(checkout)s
    """,
)
RECEIVE = """
INSERT INTO webhook_inbox
    (id, source, external_id, body, received_at, next_attempt_at, attempts)
VALUES (%(id)s, 'stripe', %(external_id)s, %(body)s, %(now)s, %(now)s, 0)
ON CONFLICT DO NOTHING RETURNING pg_notify('souk_outbox', '')
"""
CLAIM = """
UPDATE webhook_inbox SET next_attempt_at = now() + interval '30 seconds', attempts = attempts + 1
WHERE id IN (SELECT id FROM webhook_inbox WHERE handled_at IS NULL AND next_attempt_at <= now()
             ORDER BY next_attempt_at LIMIT 50 FOR UPDATE SKIP LOCKED)
RETURNING id, body
"""
HANDLED = "UPDATE webhook_inbox SET handled_at = now() WHERE id = ANY(%(ids)s)"
