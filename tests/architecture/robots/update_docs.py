"""Writes docs/errors.md and docs/openapi.json anew. Run by `scripts/update_docs`."""

from . import openapi, refusals
from .tree import ROOT, SOUK, sources


def main() -> None:
    """Both files, from the code as it is."""
    http = refusals.literal_codes(sources(f"{SOUK}/entrypoints/http"))
    catalogue = refusals.render(refusals.error_classes(), http)
    (ROOT / "docs/errors.md").write_text(catalogue, "utf-8")
    (ROOT / "docs/openapi.json").write_text(openapi.render(openapi.document()), "utf-8")


if __name__ == "__main__":
    main()
