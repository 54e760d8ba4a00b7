"""Every lock, SELECT and INSERT of the chain module's write side."""
