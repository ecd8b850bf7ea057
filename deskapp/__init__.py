"""deskapp: the after-sales desk for POS terminals at postal branches."""

__version__ = "0.1.0"
