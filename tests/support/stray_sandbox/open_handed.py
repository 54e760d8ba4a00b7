"""The real sandbox, which forgets to keep its pipes from the pictures."""

import sys

from souk.adapters.images import confinement, sandbox

if __name__ == "__main__":
    confinement.hang_up = lambda: None
    sys.exit(sandbox.main(sys.argv[1:]))
