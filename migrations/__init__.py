"""Schema changes, in order. They only ever add, so that old and new processes can run side by side."""
