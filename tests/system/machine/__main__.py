"""``python -m tests.system.machine trixie 'script'``: boots it and runs a script of bash.

This repository is in it, and the script runs there; without a script it is a shell. Everything is gone afterwards; the
exit code is the script's.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.system.machine.machine import machine

_, release, *script = sys.argv
with tempfile.TemporaryDirectory(prefix="portillon-machine-") as folder, machine(release, Path(folder)) as booted:
    booted.push_work_tree()
    words = ["bash", "-c", *script] if script else ["bash", "-i"]
    code = subprocess.run(booted.entering("env", "--chdir=/root/portillon", *words), check=False).returncode
sys.exit(code)
