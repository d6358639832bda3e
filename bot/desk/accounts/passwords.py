"""Agents' passwords: which ones are good enough, and their hashes."""

import asyncio
import re
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.runtime.http.refusals import WrongField

MIN_LENGTH, MAX_LENGTH = 10, 200  # characters
AT_ONCE = 2  # hashes: each takes 64 MiB and a core for a moment

# The commonest of ten characters and more, as they look without the digits and marks around them; sequences
# and repetitions are found by rule.
_WORDS = """
    abcdefghij administrator adminadmin adminpassword aftercare basketball businessman butterfly california
    changeme changemenow changeit chocolate christina computer cocacola customerservice defaultpassword dragon
    elizabeth everything facebook football forever friendship helloworld iloveyou iloveyouforever
    iloveyousomuch infinity internet jamesbond jennifer letmein letmeinnow liverpool logmein manchester
    mastermaster metallica mickeymouse microsoft millennium monkeymonkey mustang mypassword myspace
    newpassword nopassword numberone password passwordpassword passwort pokemon princess qazwsx qazwsxedc
    qazwsxedcrfv qwerasdf qwerasdfzxcv qwertyqwerty realmadrid rockandroll secretsecret september
    shopadmin slaptazodis spiderman starwars strawberry summersummer sunshine superman support supportsupport
    supersecret temporary testtest testpassword thisispassword topsecret trustno volleyball welcome
    welcomehome welcometothe winterwinter whatever zaqwsx slaptažodis mansslaptažodis parole manaparole
    katasandi rahasia rahasiasekali құпиясөз қүпия labasrytas lietuva latvija indonesia kazakhstan qazaqstan
"""
_COMMON = frozenset(_WORDS.split())
_KEYBOARD = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "йцукенгшщзхъфывапролджэячсмитьбю",
)


def check(password: str, email: str, name: str) -> None:
    """Refuses passwords that are easily guessed. Raises `Refusal`."""
    password = _normal(password)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise WrongField("password", f"write {MIN_LENGTH} to {MAX_LENGTH} characters.")
    folded = password.casefold()
    own = {email, email.partition("@")[0], email.partition("@")[2], name, name.replace(" ", "")}
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    if {folded, core} & {one.casefold() for one in own if one}:
        raise WrongField("password", "write something that is neither your e-mail nor your name.")
    rows = any(core in row for row in _KEYBOARD)  # also where nothing but digits is left: core is empty
    if rows or core in _COMMON or len(set(folded)) < 5:
        raise WrongField(
            "password", "too easy to guess; write for example four words that you pick by chance."
        )


class Hashing:
    """argon2id, off the event loop; `hasher` with other costs is for tests."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = ""
        self._free = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash to keep."""
        async with self._free:
            return await asyncio.to_thread(self._hasher.hash, _bytes(password))

    async def fits(self, kept: str | None, password: str) -> bool:
        """Whether a password is the one whose hash was kept; as long a work if there is none."""
        async with self._free:
            return await asyncio.to_thread(self._fits, kept, _bytes(password))

    def is_old(self, kept: str) -> bool:
        """Whether the hash was made at other costs than today's."""
        return self._hasher.check_needs_rehash(kept)

    def _fits(self, kept: str | None, password: bytes) -> bool:
        # Checked in place of an account's that isn't there: it takes the same time.
        self._nobody = self._nobody or self._hasher.hash("nobody")
        try:
            return self._hasher.verify(kept or self._nobody, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    # One password, however a keyboard puts its accents together.
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return _normal(password).encode("utf-8", "surrogatepass")
