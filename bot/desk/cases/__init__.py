"""After-sales cases at the desk: what agents do with them, see of them, and tell customers about them."""
