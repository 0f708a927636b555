"""Bringing Pins to Pinterest, each exactly once: claim, send, settle, find out."""
