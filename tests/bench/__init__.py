"""``make bench``: what the pages cost at 10,000, 100,000 and 1,000,000 tickets. Prints tables, asserts nothing."""
