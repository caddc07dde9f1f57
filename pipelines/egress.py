"""Switches that keep dependencies from contacting anybody; each is held by a test that blocks sockets."""

import os

SWITCHES = {
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # datasets counts loads by a request to a bucket
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def close_egress() -> None:
    """Set the switches for this process and those it starts."""
    os.environ.update(SWITCHES)
