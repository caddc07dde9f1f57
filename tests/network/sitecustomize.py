"""Blocks every connection but loopback's in this process and, on PYTHONPATH, in every Python process it starts.

An audit hook sees connections of any Python library; each attempt fails and is written down where
`CORPORA_TEST_EGRESS_LOG` says, for a library may swallow the error.
"""

import ipaddress
import os
import sys
from pathlib import Path


def _is_local(host):
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _hook(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        host = host.decode() if isinstance(host, bytes) else host
    else:
        return
    if not _is_local(host):
        if log := os.environ.get("CORPORA_TEST_EGRESS_LOG"):
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(f"{event} {host}\n")
        raise ConnectionRefusedError(f"tests do not leave the machine: {event} {host}")


sys.addaudithook(_hook)
