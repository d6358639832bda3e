"""What becomes of an answer to a comment that the Graph API refused: beside `channels.meta.errors`, what only
private replies meet."""

from channels.contract import SendError

# Of the interface before 2019, and seen since: https://github.com/facebookarchive/php-graph-sdk/issues/568.
ALREADY, TOO_OLD, NOT_ALLOWED = 10900, 10901, (10902, 10903)
_INVALID = 2018292  # https://github.com/restfb/restfb/issues/1165


def private_refusal(error: SendError) -> SendError:
    """A refused private reply, in words where they are known."""
    words = {
        str(ALREADY): "this comment has got its one private reply",
        str(TOO_OLD): "the comment is older than 7 days",
        **{str(code): "this comment takes no private reply" for code in NOT_ALLOWED},
        f"100/{_INVALID}": "the comment is gone, or takes no private reply",
    }
    code = error.reason.removeprefix("Graph error ").partition(":")[0]
    said = words.get(code) or words.get(code.partition("/")[0])
    return SendError(f"{said} ({error.reason})", permanent=True) if said else error
