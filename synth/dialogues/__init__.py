"""Airoboros-style generation: dialogues that a model writes, topic by topic, until they pass every check."""
