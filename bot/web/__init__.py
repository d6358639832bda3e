"""The web app: health, metrics, the orders API, and the channels' HTTP shells."""
