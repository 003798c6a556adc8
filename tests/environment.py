"""Set before Django wakes: a data directory of its own for each test process, and no way outside."""

import ipaddress
import os
import socket
import tempfile
from typing import Any

for name in (
    "SECRET_KEY",
    "FIELD_KEYS",
    "ALLOWED_HOSTS",
    "SITE_NAME",
    "HOST",
    "GUESTS",
    "SIGN_UP",
    "HTTPS",
    "CSRF_TRUSTED_ORIGINS",
):
    os.environ.pop(name, None)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="lamplight-tests-")
os.environ["DEMO_PACE"] = "0"

_connect = socket.socket.connect


def _only_at_home(self: socket.socket, address: Any) -> None:
    """Connects to this machine only: a test that leaves it is wrong."""
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = str(address[0])
        at_home = host == "localhost" or ipaddress.ip_address(host).is_loopback
        if not at_home:
            raise AssertionError(f"a test tried to reach {host}")
    _connect(self, address)


socket.socket.connect = _only_at_home  # type: ignore[method-assign]
