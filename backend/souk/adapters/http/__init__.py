"""Asking and telling servers that strangers have named."""
