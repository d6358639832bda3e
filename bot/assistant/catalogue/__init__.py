"""Which of the shop's products a message is about, and what it asks of them."""
