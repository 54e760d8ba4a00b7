"""Double-entry books: who holds how much of which asset, and why."""
