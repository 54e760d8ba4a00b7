"""The five stories, one file each, and what is refused at the door."""
