"""The people at the desk: accounts, sessions, audit."""
