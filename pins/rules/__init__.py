"""What is right and what is not, as functions of values: no Django, no rows, no network."""
