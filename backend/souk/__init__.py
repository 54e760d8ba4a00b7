"""Souk: one order, one history and one ledger for cards and crypto."""

__version__ = "0.1.0"
