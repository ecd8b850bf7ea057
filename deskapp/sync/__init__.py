"""Change sets on their way to and from the central server."""
