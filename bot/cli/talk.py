"""`aftercare parse` and `aftercare chat`: the assistant on the command line."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO
from uuid import uuid4

import click

from bot.settings import Settings
from channels.registry import Channels
from channels.splitting import Capabilities
from channels.web.capabilities import CAPABILITIES

MAX_LINE = 100_000  # characters


class BadLine(Exception):
    """A line of input that can't be used; the text says what to write."""


def _lines(stream: TextIO) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(stream, 1):
        text = line.rstrip("\r\n")
        if text.strip():
            yield number, text


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tell(number: int, error: BadLine) -> None:
    print(json.dumps({"line": number, "error": str(error)}, ensure_ascii=False), flush=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for programs.")
def parse(as_json: bool) -> None:
    """Shows what each line of standard input is understood as: a text, or {"text": …}."""
    from bot import compose
    from bot.runtime import log
    from bot.shop.knowledge import Knowledge

    log.configure("WARNING")
    home = Settings.load().home
    core = compose.assistant(home, Knowledge.load(home), _say)
    for number, line in _lines(sys.stdin):
        try:
            understood = core.understand(_text(line))
        except BadLine as error:
            _tell(number, error)
            continue
        if not as_json:
            print(f"{understood.intent}  {understood.confidence:.2f}  {understood.text}", flush=True)
            continue
        shown = {
            "text": understood.text,
            "language": understood.language,
            "intent": understood.intent,
            "confidence": round(understood.confidence, 4),
            "ranking": [{"intent": i, "confidence": round(c, 4)} for i, c in understood.ranking[:10]],
            "entities": [
                {key: entity[key] for key in ("entity", "value", "start", "end")}
                for entity in understood.entities
            ],
        }
        print(json.dumps(shown, ensure_ascii=False))
    sys.stdout.flush()


def _text(line: str) -> str:
    if len(line) > MAX_LINE:
        raise BadLine(f"longer than {MAX_LINE} characters")
    if not line.lstrip().startswith("{"):
        return line
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return line  # a customer may well write a brace
    if isinstance(given, dict) and "text" in given:
        if not isinstance(given["text"], str):
            raise BadLine('"text" must be a string')
        return given["text"]
    return line


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, in and out.")
@click.option("--fresh", is_flag=True, help="Use a fresh demonstration store.")
def chat(as_json: bool, fresh: bool) -> None:
    """A conversation in the terminal, through the same inbox and outbox as every channel."""
    from bot import compose
    from bot.runtime import log
    from bot.shop.knowledge import Knowledge

    log.configure("ERROR")
    settings = Settings.load()
    with tempfile.TemporaryDirectory(prefix="aftercare-") as folder:
        if fresh:
            settings = replace(settings, database_url=f"sqlite:///{Path(folder) / 'fresh.db'}", demo=True)
        knowledge = Knowledge.load(settings.home)
        core = compose.assistant(settings.home, knowledge, _say)
        database = compose.open_database(settings)
        program = compose.program(settings, knowledge, core, database, Terminal())
        try:
            talk = Talk(program)
            if as_json:
                _chat_json(talk)
            else:
                _chat_plain(talk, knowledge.shop.name)
        finally:
            database.close()


class Terminal(Channels):
    """Whatever channel a line names, its answer is read here."""

    def capabilities(self, name: str) -> Capabilities:
        return CAPABILITIES


class Talk:
    """Accepts a line as a channel would, and takes turns until it is answered."""

    def __init__(self, program: Any) -> None:
        self._program = program
        self._buttons: dict[tuple[str, str], list[dict[str, str]]] = {}

    def say(self, line: dict[str, Any]) -> dict[str, Any]:
        """One line in, one out, as `aftercare chat --json` documents them. Raises `BadLine`."""
        return asyncio.run(self._say(line))

    async def _say(self, line: dict[str, Any]) -> dict[str, Any]:
        from channels.contract import Inbound

        name = _string(line, "conversation")
        channel = _string(line, "channel", "terminal")
        address = _string(line, "from", name)
        if ("text" in line) == ("press" in line):
            raise BadLine('write {"conversation": …, "text": …} or {"conversation": …, "press": …}')
        key = (channel, address)
        text, token = "", None
        if "press" in line:
            token = self._token(key, _string(line, "press"))
        else:
            text = _string(line, "text")
        inbound = Inbound(
            channel=channel,
            account="terminal",
            external_id=uuid4().hex,
            address=address,
            text=text,
            press=token,
            at=datetime.now(UTC),
            language=_string(line, "language") if "language" in line else None,
        )
        accepted = await self._program.gateway.accept(inbound)
        turn = None
        async for turn in self._turns():
            if turn.seq == accepted.seq and turn.conversation.id == accepted.conversation_id:
                break
        if turn is None:
            raise BadLine("the message was accepted but could not be answered; see the log")
        if turn.replies:
            self._buttons[key] = [button for entry in turn.replies for button in entry.buttons]
        return {
            "conversation": name,
            "language": turn.conversation.language,
            "intent": turn.intent,
            "confidence": round(turn.confidence, 4),
            "owner": turn.conversation.owner,
            "reason": turn.handoff,
            "replies": [
                {"text": entry.text, "buttons": [{"title": one["title"]} for one in entry.buttons]}
                for entry in turn.replies
            ],
        }

    async def _turns(self) -> AsyncIterator[Any]:
        from bot.conversation.giving_up import give_up
        from bot.conversation.turns import TurnFailed

        for _ in range(100):
            try:
                turn = await self._program.database.run(self._program.turns.take_turn)
            except TurnFailed as failure:
                turn = await give_up(self._program.database, self._program.turns, failure)
                if turn is None:
                    await asyncio.sleep(0.2)
            if turn is not None:
                yield turn

    def _token(self, key: tuple[str, str], title: str) -> str:
        for button in self._buttons.get(key, ()):
            if button["title"].casefold() == title.casefold():
                return button["token"]
        offered = ", ".join(button["title"] for button in self._buttons.get(key, ()))
        raise BadLine(f'no button "{title}"; offered: {offered or "none"}')


def _string(line: dict[str, Any], name: str, default: str | None = None) -> str:
    value = line.get(name, default)
    if not isinstance(value, str) or not value.strip():
        raise BadLine(f'"{name}" must be a text that is not empty')
    return value


def _chat_json(talk: Talk) -> None:
    for number, text in _lines(sys.stdin):
        try:
            try:
                line = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise BadLine("not JSON; write one object a line") from error
            if not isinstance(line, dict):
                raise BadLine("not a JSON object")
            answer = talk.say(line)
        except BadLine as error:
            _tell(number, error)
            continue
        print(json.dumps(answer, ensure_ascii=False), flush=True)


def _chat_plain(talk: Talk, shop: str) -> None:
    click.echo(f"You write to {shop}. A number presses a button; Ctrl-D ends.")
    name = uuid4().hex
    titles: list[str] = []
    while True:
        try:
            text = input("> ").strip()
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        if not text:
            continue
        pressed = text.isdecimal() and 1 <= int(text) <= len(titles)
        line = {"conversation": name, "text": text}
        if pressed:
            line = {"conversation": name, "press": titles[int(text) - 1]}
        answer = talk.say(line)
        titles = [button["title"] for reply in answer["replies"] for button in reply["buttons"]]
        for reply in answer["replies"]:
            click.echo(reply["text"])
        for number, title in enumerate(titles, 1):
            click.secho(f"  {number}. {title}", dim=True)
