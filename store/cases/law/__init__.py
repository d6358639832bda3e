"""Which right a customer has, until when everybody must act, and how much goes back: without the database."""
