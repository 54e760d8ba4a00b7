"""Answers in no known form."""

from tests.support.stray_sandbox import ready, say, wait

ready()
say(b"HTTP/1.1 200 OK\r\n\r\n")
wait()
