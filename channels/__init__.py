"""One module a channel: pure `parse` and `render`, and a thin HTTP shell around them."""
