"""What agents do with what was said in public, beside answering it there."""
