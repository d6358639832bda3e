"""How records come in, whatever they are of: their fields, and files of them."""
