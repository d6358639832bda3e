"""An order with most of what may be said of one: the example of the API's description and docs/orders.md."""

from typing import Any, Final

EXAMPLE: Final[dict[str, Any]] = {
    "number": "10234",
    "state": "shipped",
    "placed_at": "2026-05-04T10:15:00+03:00",
    "expected_on": "2026-05-08",
    "currency": "EUR",
    "total": "69.70",
    "address": "Gedimino pr. 1, Vilnius",
    "country": "LT",
    "delivery_paid": "4.90",
    "delivery_standard": "4.90",
    "version": 7,
    "changed_at": "2026-05-05T18:40:00Z",
    "customer": {
        "name": "Rūta Žukaitė",
        "email": "ruta@example.com",
        "phone": "+37060000123",
        "language": "lt",
    },
    "lines": [
        {
            "sku": "KIT-403",
            "name": "Set of four mugs",
            "quantity": 2,
            "unit_price": "29.95",
            "paid": "54.90",
            "discount": "5.00",
            "tax": "9.53",
            "options": {"colour": "blue"},
            "returnable": True,
        },
        {
            "sku": "BEA-801",
            "name": "Hand cream, 75 ml",
            "quantity": 1,
            "unit_price": "9.90",
            "paid": "9.90",
            "discount": "0.00",
            "tax": "1.72",
            "returnable": False,
            "no_return": "sealed",
        },
    ],
    "shipments": [
        {
            "carrier": "DPD",
            "tracking_number": "05809876543210",
            "tracking_url": "https://tracking.example.com/05809876543210",
            "state": "delivered",
            "shipped_at": "2026-05-05T08:00:00Z",
            "delivered_at": "2026-05-06T11:20:00Z",
            "contents": [{"line": 1, "quantity": 2}],
        },
        {
            "carrier": "Omniva",
            "tracking_number": "CE123456789EE",
            "state": "waiting",
            "shipped_at": "2026-05-05T08:00:00Z",
            "fetch_until": "2026-05-12",
            "contents": [{"line": 2, "quantity": 1}],
            "events": [{"at": "2026-05-05T17:00:00Z", "state": "waiting", "place": "Vilnius, Akropolis"}],
        },
    ],
    "payments": [
        {
            "kind": "payment",
            "state": "done",
            "method": "card",
            "amount": "69.70",
            "at": "2026-05-04T07:16:00Z",
        }
    ],
    "invoices": [
        {
            "number": "INV-10234",
            "url": "https://shop.example.com/invoices/10234.pdf",
            "issued_at": "2026-05-04T07:16:00Z",
        }
    ],
}
