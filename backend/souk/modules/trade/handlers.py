"""What trade does when a timer is due."""

from souk.core.timers import TimerHandler
from souk.modules.orders.domain import EXPIRE_CHECKOUT
from souk.modules.trade.service import Expiries


def timers(expiries: Expiries) -> dict[str, TimerHandler]:
    """Timer handlers by kind."""
    return {EXPIRE_CHECKOUT: expiries.expire_checkout}
