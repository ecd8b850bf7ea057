"""Paper: a card goes in, bytes come out, then bytes go to a device."""
