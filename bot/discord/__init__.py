"""Discord as a chat platform. Nothing outside this package imports `discord`."""
