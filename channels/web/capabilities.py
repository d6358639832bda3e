"""What the web chat can carry."""

from datetime import timedelta

from channels.contract import MAX_TEXT
from channels.splitting import Capabilities

# Families, libraries and workplaces share browsers.
CAPABILITIES = Capabilities(text=MAX_TEXT, buttons=10, fetched=True, proof_idle=timedelta(hours=1))
