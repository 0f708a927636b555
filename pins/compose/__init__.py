"""Writing Pins, before anything is scheduled."""
