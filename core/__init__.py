"""The shared core: rules, records, jobs and storage. It knows no chat platform and no torch."""
