"""The window: what staff see, and the only place that knows Qt."""
