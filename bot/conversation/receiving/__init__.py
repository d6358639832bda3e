"""What comes from customers and providers, until it is stored."""
