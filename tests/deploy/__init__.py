"""The whole program behind the proxies of Debian, as docs/deploy.md sets them up."""
