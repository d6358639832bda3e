"""When, and with what, a person takes over."""
