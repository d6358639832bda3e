"""What the web chat can carry."""

from channels.contract import MAX_TEXT
from channels.splitting import Capabilities

CAPABILITIES = Capabilities(text=MAX_TEXT, buttons=10, fetched=True)
