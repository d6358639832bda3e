"""A country's public holidays, from the `holidays` library; it is loaded when a day is first asked for."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class PublicHolidays:
    """The holidays of a country (ISO 3166, two letters) and of one of its regions, as far ahead as the
    library knows them; none of a territory that it doesn't know."""

    country: str
    region: str | None = None

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and day in _of_year(self.country, self.region, day.year)


def regions(country: str) -> list[str]:
    """The regions with holidays of their own, by the library's codes."""
    import holidays

    return sorted(holidays.list_supported_countries(include_aliases=False).get(country, ()))


@lru_cache(maxsize=64)
def _of_year(country: str, region: str | None, year: int) -> frozenset[date]:
    import holidays

    try:
        known = holidays.country_holidays(country, subdiv=region, years=year)
    except NotImplementedError:
        return frozenset()
    return frozenset(day for day in known if day.year == year)
