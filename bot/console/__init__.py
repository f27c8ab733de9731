"""The console: a chat platform of its own, in a terminal. One durable thread that several people can attach to."""
