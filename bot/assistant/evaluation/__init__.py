"""How well customers' texts are understood, measured on labelled texts."""
