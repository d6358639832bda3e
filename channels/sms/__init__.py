"""SMS over Twilio: docs/channels/sms.md tells how to set it up and what it does."""
