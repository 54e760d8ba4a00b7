"""Every lock, SELECT and INSERT of the payments' write side."""
