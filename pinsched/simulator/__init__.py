"""A local stand-in for Pinterest: API v5, consent page, images, and a control API for tests.

Written from Pinterest's published description and from what the live API was seen to do, never from
PinSched's own client; it imports nothing else of PinSched and runs as a process of its own.
Start it with `python -m pinsched.simulator`.
"""
