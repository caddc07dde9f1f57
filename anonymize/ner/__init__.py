"""A small named-entity recognizer of our own, and the door for other people's.

`carriers.toml` and `fill.py` make its training sentences, `train.py` trains it (`make ner`), `model/` is the result and
`scores.json` what it scored, `doubt.py` asks it where the rules are unsure, `plugged.py` loads models that users name.
"""

from pathlib import Path

MODEL = Path(__file__).parent / "model"
"""The packaged spaCy pipeline."""

SCORES = Path(__file__).parent / "scores.json"
"""Seed, size and scores of the training run that made it."""
