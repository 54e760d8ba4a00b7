"""`python -m tests.support.hanging_payer FILE`: ask Stripe for the payment that is pickled there.

Whoever starts it lets the answer never come, and kills it.
"""

import pickle
import sys
from pathlib import Path

from souk.modules.payments.ports import Payer
from tests.support.card_rail import CardRail


def main(path: Path) -> None:
    server, attempt = pickle.loads(path.read_bytes())
    CardRail(server).gateway.prepare_payment(attempt, Payer(account_id="acc_1"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
