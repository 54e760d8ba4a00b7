"""Every read, lock and write of the write side of orders."""
