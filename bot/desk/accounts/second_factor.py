"""Codes of an authenticator app (TOTP, RFC 6238): their secrets, kept encrypted."""

import base64
from datetime import datetime

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.runtime import log

WINDOW = 1  # steps of 30 seconds that a clock may be wrong by

_log = log.get("second_factor")


class SecondFactor:
    """`secret`: the program's; without it the kept ones can't be read. `issuer`: the name in the app."""

    def __init__(self, secret: bytes, issuer: str) -> None:
        key = HKDF(SHA256(), length=32, salt=None, info=b"aftercare second factor").derive(secret)
        self._box = Fernet(base64.urlsafe_b64encode(key))
        self._issuer = issuer

    def new(self, agent_id: int) -> tuple[str, str]:
        """A secret for the app, in base32, and as it is kept."""
        secret = pyotp.random_base32()
        # Under the agent's id: a row copied to another account opens nothing.
        return secret, self._box.encrypt(f"{agent_id}:{secret}".encode()).decode()

    def uri(self, secret: str, email: str) -> str:
        """What the app reads from a QR code."""
        return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=self._issuer)

    @staticmethod
    def picture(uri: str) -> str:
        """The QR code of a `uri`, an SVG as a data: address."""
        return str(segno.make(uri, error="m", micro=False).svg_data_uri(scale=4, border=4, light="#fff"))

    def step(self, kept: str, agent_id: int, code: str, at: datetime) -> int | None:
        """The time step that a code belongs to; None if it is wrong."""
        try:
            owner, _, secret = self._box.decrypt(kept.encode()).decode().partition(":")
        except InvalidToken:
            _log.error("unreadable_secret", agent=agent_id, hint="was AFTERCARE_SECRET changed?")
            return None
        if owner != str(agent_id):
            return None
        try:
            return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=at, valid_window=WINDOW)
        except pyotp.OTPVerificationError:
            return None
