"""Cases as the desk looks at them: lists, clocks, files, figures, and what agents may change."""
