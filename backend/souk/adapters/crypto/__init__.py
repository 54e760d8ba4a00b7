"""Cryptography that the standard library does not have."""
