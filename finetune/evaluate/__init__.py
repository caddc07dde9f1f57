"""What a tuned model says, beside its base model and the human therapist, and what can be concluded from it.

`items` are the questions, `respond` writes the answers, `degenerate`, `behaviour`, `overlap`, `empathy` and `judging`
measure them, `statistics` says which differences are more than chance, `report` shows it. A judge is passed in.
"""
