"""Lists of people brought in from outside."""
