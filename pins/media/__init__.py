"""Pictures: taking them in, fetching them, preparing them, and the store that keeps their files."""
