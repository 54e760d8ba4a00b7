"""What arrives from outside about stores."""

from souk.core.inbox import InboxHandler
from souk.modules.sellers.service import INBOX_SOURCE, Sellers


def inbox_handlers(sellers: Sellers) -> dict[str, InboxHandler]:
    """Who handles what has arrived from outside, by its source."""
    return {INBOX_SOURCE: sellers.handle_message}
