"""After-sales cases: from what the customer said to the goods, the money and the end of it."""
