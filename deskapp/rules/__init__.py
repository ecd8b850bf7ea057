"""The rules of the shop: pure functions, each with a table of cases as its test."""
