"""What any long-running part stands on: log, metrics, loops, files, limits, mail."""
