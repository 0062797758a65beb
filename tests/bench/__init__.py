"""``make bench``: what the pages cost at 10,000 to 1,000,000 tickets. Prints tables, asserts nothing."""
