"""Statements of withdrawal, which are kept and become cases; and what customers are mailed of cases."""
