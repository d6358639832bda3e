"""Who floods is stopped, and told when to go on."""

from tests.mutations.mutation import Mutation

RATES = "bot/runtime/http/ratelimit.py"
CHANNEL = "channels/web/channel.py"
ADDRESSES = "bot/runtime/http/addresses.py"
OF_ADDRESSES = "tests/web/test_addresses.py"
WEB = "tests/channels/web/test_web.py"

MUTATIONS = (
    Mutation(
        "bucket-never-empty",
        RATES,
        "wait = 0.0 if level >= 1 else (1 - level) / self.rate",
        "wait = 0.0 if level >= 0 else (1 - level) / self.rate",
        (f"{WEB}::test_a_bucket_fills_again_with_time",),
    ),
    Mutation(
        "bucket-without-bottom",
        RATES,
        "level = min(self.burst, level + (now - since) * self.rate)",
        "level = level + (now - since) * self.rate",
        (f"{WEB}::test_a_bucket_fills_again_with_time",),
    ),
    Mutation(
        "buckets-without-bound",
        RATES,
        "if len(self._buckets) > self.keys:",
        "if len(self._buckets) > 2 * self.keys:",
        (f"{WEB}::test_memory_is_bounded_by_the_number_of_keys",),
    ),
    Mutation(
        "slot-not-given-back",
        RATES,
        "            self._held[key] -= 1\n",
        "            self._held[key] -= 0\n",
        (f"{WEB}::test_slots_are_given_back_even_after_a_fault",),
    ),
    Mutation(
        "network-of-one-address",
        ADDRESSES,
        "IPv6Network((int(found), 64), strict=False)",
        "IPv6Network((int(found), 128), strict=False)",
        (f"{OF_ADDRESSES}::test_one_subscriber_is_one_key",),
    ),
    Mutation(
        "forwarded-without-proxies",
        ADDRESSES,
        "    if not proxies:\n        return None\n",
        "    proxies = proxies or 1\n",
        (f"{OF_ADDRESSES}::test_whose_request_it_is",),
    ),
    Mutation(
        "forwarded-from-the-front",
        ADDRESSES,
        "parse(entries[-proxies])",
        "parse(entries[proxies - 1])",
        (f"{OF_ADDRESSES}::test_whose_request_it_is",),
    ),
    Mutation(
        "forwarded-two-headers",
        ADDRESSES,
        "told.pop() if len(told) == 1 else None",
        "told.pop() if told else None",
        (f"{OF_ADDRESSES}::test_whose_request_it_is",),
    ),
    Mutation(
        "web-visitor-unlimited",
        CHANNEL,
        "        _take(from_visitor, visitor)\n        _take(from_network",
        "        _take(from_network",
        (f"{WEB}::test_a_visitor_who_floods_is_told_when_to_go_on",),
    ),
    Mutation(
        "web-network-unlimited",
        CHANNEL,
        "        _take(from_network, client_network(request))\n        language",
        "        language",
        (f"{WEB}::test_an_address_that_floods_is_stopped",),
    ),
    Mutation(
        "sign-in-unlimited",
        "bot/desk/api/account_routes.py",
        "if parts.limited else 0",
        "if not parts.limited else 0",
        ("tests/desk/test_accounts_api.py::test_one_network_can_not_try_everybody",),
    ),
    Mutation(
        "body-of-any-size",
        "channels/telegram/webhook.py",
        "if len(request.body) > MAX_BODY:",
        "if len(request.body) > 2 * MAX_BODY:",
        ("tests/channels/telegram/test_telegram.py::test_an_oversized_body_is_refused",),
    ),
)
