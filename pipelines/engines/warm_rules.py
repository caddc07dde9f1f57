"""Imported by the process that workers are forked from, for a build without the sentence encoder."""

from pipelines.engines.warm import load

load("off")
