"""What customers are told, in the words of scripted conversations: an outcome for each response and phrase.

`utter_order_when` tells when an order comes, whatever its wording. A name with something behind it
(`_again`, `_short`, `_2`) means what the name without it means.
"""

from collections.abc import Iterable, Mapping

# Of one of these in place of what was wished a customer would complain.
UNWANTED = ("asks_back", "out_of_scope", "cancelled", "address_changed", "handoff")

# By the longest name, in whole words, that a response's or phrase's begins with. "": it tells nothing of what
# scripts expect, or only together with what it stands in.
_TOLD: Mapping[str, str] = {
    # talk
    "utter_greet": "small_talk",
    "utter_goodbye": "small_talk",
    "utter_thank": "small_talk",
    "utter_acknowledge": "small_talk",
    "utter_affirm": "small_talk",
    "utter_deny": "small_talk",
    "utter_bot_challenge": "bot",
    "utter_capabilities": "capabilities",
    "utter_out_of_scope": "out_of_scope",
    "utter_choose_language": "language",
    "utter_language_changed": "language",
    "utter_language_not_spoken": "language",
    "utter_clarify": "asks_back",
    "utter_not_understood": "asks_back",
    "utter_offer_person": "asks_back offers_person",
    "utter_left": "left",
    "utter_sorry": "sorry",
    "sorry": "sorry",
    # people
    "utter_handoff": "handoff",
    "utter_already_handed_off": "noted waiting",
    "utter_still_waiting": "waiting",
    "utter_waiting": "waiting",
    "utter_noted": "noted",
    "utter_ask_callback": "asks_callback",
    "utter_callback_noted": "noted",
    "utter_back_to_bot": "",
    "utter_person_joined": "",
    "utter_back_from_person": "",
    "utter_conversation_closed": "",
    "utter_case_asked": "",
    "utter_case_approved": "",
    "utter_case_declined": "",
    "utter_case_refunded": "",
    "utter_survey": "",
    "utter_failed_turn": "handoff",
    "answers": "",
    # what is no words
    "utter_attachment": "noted",
    "utter_files": "",
    "utter_some_files_refused": "",
    "utter_unreadable": "asks_back",
    "utter_what_about": "asks_back small_talk",
    "utter_no_words": "asks_back",
    "utter_link": "asks_back",
    "utter_messages": "",
    # proof
    "utter_ask_code": "",
    "utter_wrong_code": "",
    "utter_mailed_code": "",
    "utter_ask_order_number": "asks_number",
    "utter_ask_contact": "asks_contact",
    "utter_order_not_found": "not_found",
    "utter_locked": "not_found",
    "utter_no_orders": "not_found",
    "utter_choose_order": "asks_which",
    "utter_wrong_number": "wrong_number",
    "utter_third_person": "third_person",
    "utter_next_wish": "",
    # facts of an order: where it is comes with more than a question about one of them asks
    "utter_order_when": "when",
    "utter_order_delay": "delay",
    "utter_order_carrier": "carrier",
    "utter_order_tracking": "tracking",
    "utter_order_items": "items",
    "utter_order_total": "total",
    "utter_order_address": "address",
    "facet_when": "when",
    "facet_when_late": "when delay sorry",
    "facet_delay": "delay when",
    "facet_carrier": "carrier",
    "facet_tracking": "tracking",
    "facet_items": "items",
    "facet_total": "total",
    "facet_address": "address",
    "utter_order_answer": "",
    "state": "status items",
    "state_unpaid": "status items total",
    "state_out_for_delivery": "status items when",
    "state_delivered_on": "status items when",
    "expected": "when",
    "overdue": "delay when sorry",
    "parcels": "status",
    "parcel": "carrier tracking",
    "parcel_seen": "status",
    "parcel_delivered": "status when",
    "parcel_carrier": "carrier",
    "parcel_waiting": "status",
    "parcel_fetch": "status when",
    "parcel_failed_attempt": "status",
    "parcel_lost": "status sorry",
    "parcel_exception": "status sorry",
    "parcel_returning": "status",
    "parcel_returned": "status",
    "more_items": "",
    "refund": "refund",
    "refund_time": "",
    "method": "",
    "invoice": "invoice",
    # changes
    "utter_ask_cancel_form_confirmed": "asks_cancel",
    "utter_cancelled": "cancelled",
    "utter_not_cancelled": "kept",
    "utter_cannot_cancel": "cannot_cancel",
    "utter_already_cancelled": "cannot_cancel status",
    "utter_ask_address_form_new_address": "asks_address",
    "utter_ask_address_form_confirmed": "asks_address_yes",
    "utter_address_changed": "address_changed",
    "utter_address_kept": "kept",
    "utter_cannot_change_address": "cannot_change_address",
    "utter_hedge": "",
    "money_back": "",
    "nothing_paid": "",
    "why": "",
    "instead": "",
    # wishes that a person sees to, and products
    "utter_change_order": "change_order",
    "utter_return_order": "return_order",
    "utter_exchange_item": "exchange_item",
    "utter_report_problem": "report_problem sorry",
    "utter_warranty_claim": "warranty_claim sorry",
    "utter_payment_problem": "payment_problem sorry",
    "utter_complaint": "complaint sorry",
    "utter_leave_review": "leave_review",
    "utter_product": "product",
    "utter_product_help": "product_help",
    "utter_guide": "guide",
    "utter_guide_helped": "guide_done",
    "utter_guide_failed": "guide asks_case",
    "guide": "guide",
    "utter_choose_product": "product",
    "product": "product",
    "utter_product_link": "asks_back",
    "utter_discount_code": "discount_code",
    "utter_loyalty_points": "loyalty_points",
    "utter_newsletter_subscribe": "newsletter_subscribe",
    "utter_newsletter_unsubscribe": "newsletter_unsubscribe",
    # goods that come back, or aren't as they should be
    "utter_ask_case_form": "asks_case",
    "utter_ask_case_form_case_problem": "asks_case report_problem sorry",
    "utter_ask_case_form_confirmed": "asks_case_yes",
    "utter_case_opened": "case_opened",
    "utter_case_known": "case_status",
    "utter_case_left": "left",
    "utter_case_photo": "noted",
    "utter_case_no_order": "return_order",
    "utter_case_on_its_way": "report_problem when",
    "utter_case_safety": "handoff",
    "utter_mail_case": "",
    "case": "",
    "case_received": "case_opened",
    "case_question": "asks_case_yes",
    "case_known": "case_status",
    "case_summary": "report_problem",
    "case_summary_withdrawal": "return_order",
    "case_summary_return": "return_order",
    "case_summary_exchange": "exchange_item",
    "case_summary_defect": "warranty_claim report_problem",
    "case_summary_warranty": "warranty_claim",
    "case_summary_complaint": "complaint",
    "case_money": "refund",
    "case_status": "case_status",
}
ALL = frozenset(outcome for told in _TOLD.values() for outcome in told.split())
_FAQ = "faq_"


def of(name: str, faq: Iterable[str] = ()) -> frozenset[str]:
    """What a response, phrase or answer of the `faq` (by its entry's name) tells. Raises `KeyError` for one
    that is in no line of the table."""
    if (question := name.removeprefix("utter_")).startswith(_FAQ):
        return frozenset(one for one in faq if f"{question}_".startswith(f"{one}_")) or frozenset([question])
    known = name
    while known not in _TOLD:
        known = known.rpartition("_")[0]
        if not known:
            raise KeyError(f"no outcome for {name}")
    return frozenset(_TOLD[known].split())
