"""Switches that keep dependencies from contacting anybody; each is held by a test that blocks sockets."""

import os

SWITCHES = {
    "HF_UPDATE_DOWNLOAD_COUNTS": "0",  # datasets counts loads by a request to a bucket
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GX_ANALYTICS_ENABLED": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
}
HEEDED: dict[str, tuple[str, str, object]] = {
    "HF_UPDATE_DOWNLOAD_COUNTS": ("datasets.config", "HF_UPDATE_DOWNLOAD_COUNTS", False),
    "HF_HUB_DISABLE_TELEMETRY": ("huggingface_hub.constants", "HF_HUB_DISABLE_TELEMETRY", True),
    "RAY_USAGE_STATS_ENABLED": ("ray._common.usage.usage_lib", "usage_stats_enabled", False),
}
"""Switch -> where its library says what it made of it: a module, a name in it, and the value that means silence."""


def close_egress() -> None:
    """Set the switches for this process and those it starts."""
    os.environ.update(SWITCHES)
