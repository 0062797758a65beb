"""Starts the whole helpdesk on one machine: web, sockets, worker, scheduler, and Redis if none is given.

``make run`` calls it after installing what it needs. Settings: see config.py and README.md.
"""

from __future__ import annotations

import sys

from app.launcher.main import main

if __name__ == "__main__":
    sys.exit(main())
