"""Nothing is taken, or shown, but on the word of who signed it."""

from tests.mutations.mutation import Mutation

SMS = "tests/channels/sms/test_sms.py"
MESSENGER = "tests/channels/messenger/test_messenger.py"
TELEGRAM = "tests/channels/telegram/test_telegram.py"
CHATWOOT = "tests/mirror/test_chatwoot_notifications.py::test_only_chatwoot_is_heard"
FILES = "tests/runtime/test_files.py::test_a_link_that_was_changed_or_is_old_shows_nothing"
WEB = "tests/channels/web/test_web.py"
IDENTITY = "tests/web/test_identity_tokens.py"

MUTATIONS = (
    Mutation(
        "sms-any-signature",
        "channels/sms/channel.py",
        "genuine = bool(signature) and self._validator.validate(url, fields, signature)",
        "genuine = bool(signature)",
        (f"{SMS}::test_without_twilios_signature_nothing_is_taken",),
    ),
    Mutation(
        "sms-any-account",
        "channels/sms/channel.py",
        'if not genuine or form.get("AccountSid") != self.config.account_sid:',
        "if not genuine:",
        (f"{SMS}::test_another_accounts_or_a_changed_message_is_refused",),
    ),
    Mutation(
        "sms-query-unsigned",
        "channels/sms/channel.py",
        'self.config.public_url + request.raw_url.decode("ascii", "replace")',
        "self.config.public_url + request.path",
        (f"{SMS}::test_the_query_is_part_of_what_is_signed",),
    ),
    Mutation(
        "messenger-any-signature",
        "channels/messenger/channel.py",
        'return hmac.compare_digest(given.encode("utf-8", "replace"), f"sha256={expected}".encode())',
        'return given.startswith("sha256=") and len(given) >= len(expected)',
        (
            f"{MESSENGER}::test_without_metas_signature_nothing_is_taken",
            f"{MESSENGER}::test_a_missing_signature_another_secret_or_a_changed_body_is_refused",
        ),
    ),
    Mutation(
        "messenger-any-verify-token",
        "channels/messenger/channel.py",
        'if request.args.get("hub.mode") != "subscribe" or not known:',
        'if request.args.get("hub.mode") != "subscribe":',
        (f"{MESSENGER}::test_the_webhook_is_verified_with_the_token",),
    ),
    Mutation(
        "telegram-any-secret",
        "channels/telegram/webhook.py",
        'if not hmac.compare_digest(given.encode("utf-8", "replace"), secret):',
        "if not given:",
        (f"{TELEGRAM}::test_without_the_secret_nothing_is_taken",),
    ),
    Mutation(
        "telegram-beginning-of-the-secret",
        "channels/telegram/webhook.py",
        'if not hmac.compare_digest(given.encode("utf-8", "replace"), secret):',
        'if not given or not secret.startswith(given.encode("utf-8", "replace")):',
        (f"{TELEGRAM}::test_the_secret_goes_by_the_whole_of_it",),
    ),
    Mutation(
        "chatwoot-any-address",
        "bot/mirror/chatwoot/notifications.py",
        'if not hmac.compare_digest(secret.encode("utf-8", "replace"), config.webhook_secret.encode()):',
        "if not secret:",
        (CHATWOOT, "tests/mirror/test_chatwoot_notifications.py"),
    ),
    Mutation(
        "chatwoot-any-signature",
        "bot/mirror/chatwoot/payloads.py",
        'return hmac.compare_digest(f"sha256={signed}".encode(), given.encode("utf-8", "replace"))',
        "return len(given) == len(signed) + 7",
        (CHATWOOT,),
    ),
    Mutation(
        "chatwoot-of-any-age",
        "bot/mirror/chatwoot/payloads.py",
        "re.ASCII) or abs(now - int(timestamp)) > most:",
        "re.ASCII):",
        (CHATWOOT,),
    ),
    Mutation(
        "files-any-signature",
        "bot/runtime/files.py",
        "return hmac.compare_digest(expected.encode(), signature.encode()) and fresh",
        "return len(expected) == len(signature) and fresh",
        (FILES,),
    ),
    Mutation(
        "files-link-without-end",
        "bot/runtime/files.py",
        "return hmac.compare_digest(expected.encode(), signature.encode()) and fresh",
        "return hmac.compare_digest(expected.encode(), signature.encode())",
        (FILES,),
    ),
    Mutation(
        "files-link-to-all",
        "bot/runtime/files.py",
        'text = f"file:{attachment_id}:{expires}".encode()',
        'text = f"file:{expires}".encode()',
        (FILES,),
    ),
    Mutation(
        "files-link-that-lasts",
        "bot/runtime/files.py",
        'text = f"file:{attachment_id}:{expires}".encode()',
        'text = f"file:{attachment_id}".encode()',
        (FILES,),
    ),
    Mutation(
        "visitor-unsigned",
        "channels/web/visitor.py",
        'options={"require": ["aud", "sub", "iat", "exp"]},',
        'options={"require": ["aud", "sub", "iat", "exp"], "verify_signature": False, "verify_exp": True, '
        '"verify_aud": True, "verify_iat": True},',
        (f"{WEB}::test_a_wrong_token_is_nobodys",),
    ),
    Mutation(
        "visitor-for-ever",
        "channels/web/visitor.py",
        'options={"require": ["aud", "sub", "iat", "exp"]},',
        'options={"require": ["aud", "sub", "iat"], "verify_exp": False},',
        (f"{WEB}::test_a_wrong_token_is_nobodys",),
    ),
    Mutation(
        "visitor-of-another-audience",
        "channels/web/visitor.py",
        'options={"require": ["aud", "sub", "iat", "exp"]},',
        'options={"require": ["aud", "sub", "iat", "exp"], "verify_aud": False},',
        (f"{WEB}::test_a_wrong_token_is_nobodys",),
    ),
    Mutation(
        "identity-unsigned",
        "channels/web/identity.py",
        'options={"require": ["aud", "sub", "iat", "exp"]},',
        'options={"require": ["aud", "sub", "iat", "exp"], "verify_signature": False, "verify_exp": True, '
        '"verify_aud": True, "verify_iat": True},',
        (f"{IDENTITY}::test_a_token_that_does_not_hold_proves_nothing",),
    ),
    Mutation(
        "identity-of-another-audience",
        "channels/web/identity.py",
        'options={"require": ["aud", "sub", "iat", "exp"]},',
        'options={"require": ["aud", "sub", "iat", "exp"], "verify_aud": False},',
        (f"{IDENTITY}::test_a_token_that_does_not_hold_proves_nothing",),
    ),
    Mutation(
        "identity-too-long",
        "channels/web/identity.py",
        "if expires - issued > LIFETIME.total_seconds() + LEEWAY:",
        "if expires < issued:",
        (f"{IDENTITY}::test_a_token_that_does_not_hold_proves_nothing",),
    ),
    Mutation(
        "orders-api-any-key",
        "bot/web/record_api.py",
        'if scheme.lower() != "bearer" or not any(matches):',
        'if scheme.lower() != "bearer" or not key:',
        ("tests/web/test_order_api.py", "tests/web/test_product_api.py"),
    ),
)
