"""Tables and the one door through which they are written."""
