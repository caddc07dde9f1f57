"""How well it worked: gold, a second reader, canaries, estimates, and what a person should look at."""
