"""When Pins go out: the queue, and what the calendar shows of it."""
