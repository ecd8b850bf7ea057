"""Numbered steps from one format of the store to the next."""
