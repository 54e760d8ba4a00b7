"""The normal form of ENSIP-15, by `ens-normalize`. Loading its tables takes a while and tens of
megabytes, so that only the API does."""

from ens_normalize import CurableSequence, ENSProcessResult, ens_process

from souk.modules.names.domain import MAX_NAME_LENGTH, EnsName, Normalisation, Refusal

_CURES = 16
"""As many mistakes are corrected in one text. The package's own correction tries twice as often as
there are letters, and fails on some texts whose correction needs another."""


class EnsipNormaliser:
    """The `NameNormaliser` port."""

    def normalise(self, text: str) -> Normalisation:
        """The standard lets the empty text pass, which is no name."""
        if not text:
            return _refused("empty", "a name has at least one character")
        if len(text) > MAX_NAME_LENGTH:
            return _refused("too_long", f"a name has at most {MAX_NAME_LENGTH} characters here")
        if not text.isprintable() and _is_surrogate(text):
            return _refused("disallowed", "the text is no proper Unicode")
        found = ens_process(text, do_normalize=True, do_beautify=True)
        if found.normalized is None:
            return _explained(text, found)
        return Normalisation(EnsName(found.normalized), found.beautified)


def _is_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _refused(code: str, reason: str) -> Normalisation:
    return Normalisation(None, None, Refusal(code, reason))


def _explained(text: str, found: ENSProcessResult) -> Normalisation:
    error = found.error
    if error is None:
        return _refused("disallowed", "this is no name of ENS")
    reason, position = error.general_info, None
    if isinstance(error, CurableSequence):
        position = error.index
        reason = f"{reason}: {error.sequence_info}"
    return Normalisation(
        None, None, Refusal(error.code.lower(), reason, position), _cured(text, found)
    )


def _cured(text: str, found: ENSProcessResult) -> EnsName | None:
    """Without what is disallowed. Taking letters out of a mix of scripts is no correction of what
    somebody meant, yet it is what they can type."""
    for _ in range(_CURES):
        error = found.error
        if not isinstance(error, CurableSequence):
            break
        end = error.index + len(error.sequence)
        text = text[: error.index] + error.suggested + text[end:]
        found = ens_process(text, do_normalize=True)
    return EnsName(found.normalized) if found.normalized else None
