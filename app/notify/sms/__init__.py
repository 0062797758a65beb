"""Short messages: their text and its parts, numbers, and the two ways to an operator."""
