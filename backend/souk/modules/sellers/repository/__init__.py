"""Every statement of the write side of sellers."""
