"""The ten stories, one file for those of a kind, and what is refused at the door."""
