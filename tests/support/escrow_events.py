"""What the chain module says of escrows, as payments hear it."""

from souk.modules.payments.domain import Leg
from tests.support.clock import START


def said(event, leg: Leg, kind: str = "paid", **more):
    """An event about a leg, a minute after the start."""
    args = more.pop("args", {"amount": str(leg.amount), "buyer": leg.terms.buyer})
    fields = {
        "chain_id": leg.chain_id,
        "contract": leg.contract,
        "escrow_id": leg.escrow_id,
        "effect_id": f"eff_{kind}",
        "observation_id": f"obs_{kind}",
        "kind": kind,
        "args": args,
        "block_number": 7,
        "block_hash": "0x" + "07" * 32,
        "block_timestamp": int(START.timestamp()) + 60,
        "transaction_hash": "0x" + "11" * 32,
        "log_index": 3,
    }
    return event(**{**fields, **more})
