"""What a scanner for malware found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """Without a name nothing was found; with one, what the scanner calls it."""

    malware: str | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found."""
        return self.malware is None
