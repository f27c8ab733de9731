"""Tables that only tests have: parents with children, to try migrations on."""
