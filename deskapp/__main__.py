"""python -m deskapp"""

from __future__ import annotations

import sys

from deskapp.cli import main

if __name__ == "__main__":
    sys.exit(main())
