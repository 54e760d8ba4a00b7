"""Where bytes lie under their CIDs."""
