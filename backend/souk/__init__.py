"""Souk: one order, one history and one ledger for cards and crypto."""
