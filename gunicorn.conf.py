"""gunicorn, for `web` in the Procfile. Where it listens and how many, from the environment."""

import logging
import os
import sys
from pathlib import Path
from typing import cast

sys.path.insert(0, str(Path(__file__).parent))  # gunicorn reads this file before it does so itself

from pinsched.settings import LOGGING

# Loopback by default; a container sets WEB_HOST=0.0.0.0.
bind = f"{os.environ.get('WEB_HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "pinsched.webworker.PatientWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 16  # of which at most twelve wait for slow clients: see pinsched/webworker.py
sendfile = False  # it would pass by the patience with whoever takes the file
timeout = 60
graceful_timeout = 20
keepalive = 5
max_requests = 5000
max_requests_jitter = 500
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108  # heartbeats, not data
forwarded_allow_ips = (
    "*" if os.environ.get("TRUSTED_PROXY", "").lower() in {"1", "true", "yes", "on"} else "127.0.0.1"
)
control_socket_disable = True
logging.captureWarnings(True)
# Its own lines look like all others; it would keep handlers of its own beside the root's.
logconfig_dict = {
    **LOGGING,
    "loggers": {
        **cast("dict[str, object]", LOGGING["loggers"]),
        "gunicorn.error": {"handlers": [], "propagate": True},
        "gunicorn.access": {"handlers": [], "propagate": True},
    },
}
