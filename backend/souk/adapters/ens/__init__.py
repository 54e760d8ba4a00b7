"""ENS: reading names from a chain, and their normal form."""
