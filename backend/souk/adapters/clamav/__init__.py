"""ClamAV."""
