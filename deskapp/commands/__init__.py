"""Everything staff can do: one function per act."""
