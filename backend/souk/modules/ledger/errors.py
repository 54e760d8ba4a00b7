"""What can go wrong in the books. Both are defects of a caller, never a person's mistake.

BooksError
+-- UnbalancedEntry     the postings of an entry do not sum to zero, or move nothing
+-- UnknownEntry        an entry to reverse was never made
"""


class BooksError(RuntimeError):
    """The books were asked for something that cannot be booked."""


class UnbalancedEntry(BooksError):
    """The postings of an entry must sum to zero in each stage and asset, and none may be zero."""


class UnknownEntry(BooksError):
    """There is no entry under this reference."""
