"""Help with a product, step by step."""
