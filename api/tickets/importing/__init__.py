"""Tickets from elsewhere: read, checked whole, laid down, taken in bit by bit, undone whole. Knows no web."""
