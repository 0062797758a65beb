"""Who signs in, and which screens he may open."""
