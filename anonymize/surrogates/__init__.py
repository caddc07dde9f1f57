"""What stands in the output for each identifier: drawn under the key, one person one name."""
