"""What is wrong just now, in words for its people. Reads rows, writes nothing.

Everything is found in the state that others left in the database, not at the moment when it happened: a
process that was killed in between loses no word. What was told already is left out, so that a look costs
little while there is nothing new.
"""
