"""Ends without a word."""

from tests.support.stray_sandbox import ready

ready()
