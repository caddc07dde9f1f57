"""The nouns: records, sources (readers), shards and their documents. Imports none of the other rooms."""

from corpora.records import Drop, Example, Session, Turn
from corpora.sources import read_source

__all__ = ["Drop", "Example", "Session", "Turn", "read_source"]
