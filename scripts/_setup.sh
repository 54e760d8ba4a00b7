# Sourced by the other scripts: finds a Python and has it set up what is missing.
# shellcheck shell=bash
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

souk_setup() {
    local candidate
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            "$candidate" scripts/_setup.py "$1"
            export PATH="$PWD/.venv/bin:$PATH"
            return
        fi
    done
    echo "setup: Python 3.11 or newer is needed, and none of python3, python3.14 ... python3.11 is one" >&2
    exit 1
}
