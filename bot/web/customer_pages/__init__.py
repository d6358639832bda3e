"""The shop's own pages for after-sales cases: withdrawal, returns, labels. HTML without scripts."""
