"""Imported by the process that workers are forked from, for a build with the sentence encoder."""

from pipelines.engines.warm import load

load("on")
