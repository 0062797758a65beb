"""What tests share: servers, databases, factories, signing in, counting statements."""
