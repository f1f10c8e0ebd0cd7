"""`python -m galley_worker`: the supervisor starts it with a socket as descriptor 3 (control.md)."""

import sys

from galley_worker.entry import main

if __name__ == '__main__':
    sys.exit(main())
