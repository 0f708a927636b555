"""What is on Pinterest already: changing it, deleting it, and mirroring it."""
