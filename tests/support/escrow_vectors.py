"""The vectors of `contracts/test/vectors`, which the contract's own tests check as well."""

import json
from pathlib import Path

from souk.core.addresses import Address
from souk.modules.payments.domain import EscrowOrder

_FOLDER = Path(__file__).parents[2] / "contracts" / "test" / "vectors"
VECTORS = json.loads((_FOLDER / "orders.json").read_text())
DOMAINS = VECTORS["domains"]
SETTLEMENTS = json.loads((_FOLDER / "settlements.json").read_text())
ORDERS = [
    EscrowOrder(
        buyer=Address(entry["buyer"]),
        seller=Address(entry["seller"]),
        token=Address(entry["token"]),
        amount=int(entry["amount"]),
        arbiter=Address(entry["arbiter"]),
        fee_to=Address(entry["feeTo"]),
        fee_bps=int(entry["feeBps"]),
        silent_bps=int(entry["silentBps"]),
        pay_by=int(entry["payBy"]),
        fulfil_by=int(entry["fulfilBy"]),
        window=int(entry["window"]),
        ref=entry["ref"],
    )
    for entry in VECTORS["orders"]
]
