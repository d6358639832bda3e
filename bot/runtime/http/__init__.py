"""What HTTP doors have in common: bodies, models, refusals, limits, files held in memory."""
