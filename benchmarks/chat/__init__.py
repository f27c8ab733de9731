"""What the figures of all chat platforms share: what people do and when, the stage that they do it on, the sums."""
