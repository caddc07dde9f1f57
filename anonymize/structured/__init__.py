"""Identifiers with a form of their own: numbers, dates and addresses, written or spoken."""
