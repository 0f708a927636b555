"""The stand-in for Pinterest, over real HTTP and from outside: it must be like the original, not like us."""
