"""The pinned requirements that another Python takes: ``pinned.py 3.13 requirements/runtime.txt``, for ``.ci/machine``.

pip reads the conditions of a requirement (``; python_full_version < "3.12"``) for the Python that it runs on, also
where ``--python-version`` names another; so they are read here.
"""

import re
import sys
from pathlib import Path

from packaging.requirements import Requirement


def chosen(text: str, python: str) -> list[str]:
    """The requirements of a file of ``uv pip compile`` whose conditions hold on CPython ``python`` ("3.13") on Linux.

    Each is one line, with its hashes and without its condition.
    """
    there = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
    }
    lines = []
    for line in re.sub(r"\s*\\\n\s*", " ", text).splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        what, *hashes = re.split(r"\s+(?=--hash=)", line.strip())
        requirement = Requirement(what)
        if requirement.marker is None or requirement.marker.evaluate(there):
            requirement.marker = None
            lines.append(" ".join([str(requirement), *hashes]))
    return lines


if __name__ == "__main__":
    _, wanted, path = sys.argv
    print("\n".join(chosen(Path(path).read_text(), wanted)))
