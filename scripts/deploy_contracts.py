#!/usr/bin/env python3
"""Sets up what is missing, then `souk deploy` with the same arguments."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    subprocess.run([sys.executable, ROOT / "scripts" / "_setup.py", "run"], check=True)
    program = ROOT / ".venv" / "bin" / "souk"
    sys.exit(subprocess.run([program, "deploy", *sys.argv[1:]], check=False).returncode)
