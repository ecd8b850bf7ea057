"""Everything staff can ask: one function per question, answered with frozen cards."""
