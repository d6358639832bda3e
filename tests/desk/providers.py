"""What each channel's provider sends, parsed by the channel itself: for tests that play its customers."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from channels.contract import Event, Inbound
from channels.messenger import parse as messenger
from channels.sms import parse as sms
from channels.telegram.parse import parse as telegram
from channels.web.parse import parse as web

PAGE, PAGE_INBOX, MACHINE = "100200300400500", 263902037430900, 555000111


class Provider(Protocol):
    """A customer's side of one channel. `name` is the message's, for ever; `token` a pressed button's."""

    channel: str

    def text(self, name: str, words: str, at: datetime) -> Sequence[Event]: ...

    def press(self, name: str, token: str, place: int, at: datetime) -> Sequence[Event]: ...

    def photo(self, name: str, words: str, album: str, at: datetime) -> Sequence[Event]: ...


def stamped(events: Sequence[Event], at: datetime) -> Sequence[Event]:
    """As if these had come at another time, where the provider tells none."""
    return [replace(one, at=at) if isinstance(one, Inbound) else one for one in events]


class Web:
    channel = "web"

    def __init__(self, address: str) -> None:
        self.address = address

    def _post(self, name: str, at: datetime, **said: str) -> Sequence[Event]:
        body = json.dumps({"client_msg_id": name, **said}).encode()
        return stamped([web(self.address, "default", body, "en")], at)

    def text(self, name: str, words: str, at: datetime) -> Sequence[Event]:
        return self._post(name, at, text=words) if words.strip() else []  # refused with 400

    def press(self, name: str, token: str, place: int, at: datetime) -> Sequence[Event]:
        return self._post(name, at, press=token)

    def photo(self, name: str, words: str, album: str, at: datetime) -> Sequence[Event]:
        return self.text(name, words or "a photo", at)


class Telegram:
    channel = "telegram"

    def __init__(self, address: str) -> None:
        self.chat = {"id": int(address), "type": "private"}

    def _update(self, name: str, **kind: object) -> Sequence[Event]:
        return telegram({"update_id": int(name.removeprefix("message-")), **kind}, "bot").events

    def _message(self, name: str, at: datetime, **content: object) -> Sequence[Event]:
        number = int(name.removeprefix("message-"))
        sender = {"id": self.chat["id"], "is_bot": False}
        said = {"message_id": number, "date": int(at.timestamp()), "chat": self.chat, "from": sender}
        return self._update(name, message={**said, **content})

    def text(self, name: str, words: str, at: datetime) -> Sequence[Event]:
        return self._message(name, at, text=words)

    def press(self, name: str, token: str, place: int, at: datetime) -> Sequence[Event]:
        query = {"id": name, "data": token, "message": {"message_id": 1, "chat": self.chat}}
        return stamped(self._update(name, callback_query=query), at)

    def photo(self, name: str, words: str, album: str, at: datetime) -> Sequence[Event]:
        sizes = [{"file_id": name, "width": 10, "height": 10}]
        return self._message(name, at, photo=sizes, caption=words, media_group_id=album)


class Sms:
    channel = "sms"

    def __init__(self, address: str) -> None:
        self.address = f"+3706{address[-7:]:0>7}"

    def _form(self, name: str, at: datetime, **form: str) -> Sequence[Event]:
        sid = "SM" + name.removeprefix("message-").zfill(32)
        found = sms.message(
            {"MessageSid": sid, "From": self.address, "To": "+37060000000", **form}, by_twilio=False
        )
        return stamped(found, at)

    def text(self, name: str, words: str, at: datetime) -> Sequence[Event]:
        return self._form(name, at, Body=words)

    def press(self, name: str, token: str, place: int, at: datetime) -> Sequence[Event]:
        return self._form(name, at, Body=str(place))

    def photo(self, name: str, words: str, album: str, at: datetime) -> Sequence[Event]:
        media = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/m", "MediaContentType0": "image/png"}
        return self._form(name, at, Body=words, **media)


class Messenger:
    channel = "messenger"

    def __init__(self, address: str) -> None:
        self.address = address

    def _item(self, at: datetime, by_page: bool = False, **event: object) -> Sequence[Event]:
        people = [{"id": self.address}, {"id": PAGE}]
        sender, recipient = reversed(people) if by_page else people
        stamp = int(at.timestamp() * 1000)
        item = {"sender": sender, "recipient": recipient, "timestamp": stamp, **event}
        body = json.dumps({"object": "page", "entry": [{"id": PAGE, "messaging": [item]}]}).encode()
        return messenger.parse(body, PAGE, "700800900", [str(MACHINE)])

    def text(self, name: str, words: str, at: datetime) -> Sequence[Event]:
        return self._item(at, message={"mid": name, "text": words})

    def press(self, name: str, token: str, place: int, at: datetime) -> Sequence[Event]:
        if place % 2:
            return self._item(at, postback={"mid": name, "title": "Red", "payload": token})
        return self._item(at, message={"mid": name, "text": "Red", "quick_reply": {"payload": token}})

    def photo(self, name: str, words: str, album: str, at: datetime) -> Sequence[Event]:
        picture = {"type": "image", "payload": {"url": f"https://scontent.xx.fbcdn.net/{name}.jpg"}}
        return self._item(at, message={"mid": name, "text": words, "attachments": [picture]})

    def echo(self, name: str, words: str, app: int, at: datetime) -> Sequence[Event]:
        """The page writes: by its inbox, or by a program."""
        message = {"is_echo": True, "app_id": app, "mid": name, "text": words}
        return self._item(at, by_page=True, message=message)


CHANNELS = (Web, Telegram, Sms, Messenger)
