"""Asking servers that whoever runs the installation has named, believing none."""
