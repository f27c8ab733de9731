"""The GPU worker: claims jobs, trains adapters, makes pictures. It holds no chat token."""
