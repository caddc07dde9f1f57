"""Words as the detector sees them: tokens, what the lists know of each, and how words are built."""
