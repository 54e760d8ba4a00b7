"""How soon after a block an order says what happened in it, on the local chain: from the header that
a client of the node sees to the event's handler, with real worker processes."""
