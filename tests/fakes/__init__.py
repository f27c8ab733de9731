"""Stand-ins that ship with the ports they stand in for."""
