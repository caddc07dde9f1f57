"""Everything a language model writes: backends on this machine, paraphrase, and the checks an answer must pass."""
