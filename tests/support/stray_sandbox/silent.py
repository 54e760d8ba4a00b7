"""Never answers."""

from tests.support.stray_sandbox import ready, wait

ready()
wait()
