"""Pins' daily numbers: pulled, kept for ever, summed and drawn."""
