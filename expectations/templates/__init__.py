"""The templates of the report and the Data Docs."""

from pathlib import Path

TEMPLATES = Path(__file__).parent
