"""Pictures for the demo: drawn, so that they are ours to give away."""
