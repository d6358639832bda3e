"""The files that customers send."""
