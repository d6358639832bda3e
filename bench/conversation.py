"""What every customer of the bench says, in this order: ten turns of an ordinary day."""

TURNS = 10


def messages(order_number: str, email: str) -> list[str]:
    """The ten messages; the order number and the e-mail are those of one demonstration order."""
    return [
        "hello",
        "how long does delivery usually take?",
        "where is my order?",
        order_number,
        email,
        "which payment methods do you accept?",
        "what is your return policy?",
        "do you sell gift cards?",
        "what are your opening hours?",
        "thanks a lot",
    ]
