"""After-sales cases: which right a customer has, until when everybody must act, and how much goes back."""
