"""What the tests of install.sh stand on."""

import shutil
import tempfile
from pathlib import Path

import pytest

from tests import needs


@pytest.fixture
def state():
    """A folder of the user nobody's, which is on the way to nothing that only root may enter."""
    needs.root("writes as another user")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o711)
    inside = folder / "state"
    inside.mkdir(0o700)
    shutil.chown(inside, "nobody")
    yield inside
    shutil.rmtree(folder)
