"""Another program as the desk, kept the same as ours."""
