"""The card rail, by the official library."""
