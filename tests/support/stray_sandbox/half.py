"""Answers, and never says how that ended."""

from souk.adapters.images.wire import Kind, frame
from tests.support.stray_sandbox import ready, say, wait

ready()
say(frame(Kind.ANSWER, b"\0image_broken"))
wait()
