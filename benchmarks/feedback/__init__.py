"""What the checks of photos find and what they flag in vain, on real photos: `python -m benchmarks.feedback`."""
