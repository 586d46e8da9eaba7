"""What `make bench` runs: each module measures one question, side by side in one run, and gives tables.

CPU time is compared, so numpy keeps to one thread here, as it does in the decoder process at a gate.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before anything imports numpy
