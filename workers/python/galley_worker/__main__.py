"""Runs the zygote. It is started by its path (see `hide.main_file`), with this package's folder in PYTHONPATH."""

import sys

from galley_worker.entry import main

sys.exit(main())
