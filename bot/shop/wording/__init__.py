"""How a language writes what is filled into texts: dates, plurals, letters."""
