"""The database itself: connections, schema, signals, and what all repositories share."""
