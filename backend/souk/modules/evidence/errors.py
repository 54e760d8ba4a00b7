"""What may be wrong with evidence.

NotFoundError
+-- EvidenceNotFound    the order has no such piece of evidence, or it no such file
ConflictError
+-- EvidenceNotYet      the order was never paid, so that there is nothing to quarrel about
+-- TooMuchEvidence     the party has laid down as much about the order as it may
"""

from souk.core.errors import ConflictError, NotFoundError


class EvidenceNotFound(NotFoundError):
    """The order has no such piece of evidence, or the piece no such file."""

    code = "evidence_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such evidence about this order")


class EvidenceNotYet(ConflictError):
    """The order was never paid, so that there is nothing to quarrel about.

    Lay evidence down once it was.
    """

    code = "evidence_not_yet"

    def __init__(self) -> None:
        super().__init__("evidence is taken once the order was paid; send it then")


class TooMuchEvidence(ConflictError):
    """The party has laid down as many pictures about the order, or as many bytes, as it may.

    Evidence is never taken back: choose what says most.
    """

    code = "too_much_evidence"

    def __init__(self, pictures: int, most_bytes: int) -> None:
        super().__init__(
            f"you may lay down {pictures} pictures about an order, and {most_bytes} bytes in all",
            context={"pictures": pictures, "bytes": most_bytes},
        )
