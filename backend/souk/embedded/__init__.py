"""Real parts for one machine: PostgreSQL, Redis and a local chain as our own child processes."""
