"""The operations of Pinterest's API v5, one class for each kind of thing. client.py joins them."""
