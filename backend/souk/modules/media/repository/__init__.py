"""Everything that pictures read and write."""
