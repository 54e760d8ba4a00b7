"""Announces more than any answer has."""

from tests.support.stray_sandbox import ready, say, wait

ready()
say(b"A\xff\xff\xff\xff" + bytes(1_000))
wait()
