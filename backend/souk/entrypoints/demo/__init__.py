"""`souk demo`: purchases, and a name for a store, played over HTTP with real keys and
checked from outside.

Nothing here imports the product's modules or adapters: what is checked is read by SQL of its own,
by raw JSON-RPC and over HTTP, so that a mistake of the product cannot hide itself.
"""
