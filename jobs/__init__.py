"""Acts without a person: the clock, the queue, delivery."""
