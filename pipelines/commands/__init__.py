"""One module a family of commands; heavy packages are imported inside the functions."""
