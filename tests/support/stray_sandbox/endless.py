"""Never stops answering."""

from tests.support.stray_sandbox import ready, say

ready()
while True:
    say(b"A\0\0\0\0" * 10_000)
