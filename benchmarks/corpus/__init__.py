"""Pictures of our own to measure readers on: tickets in 17 troubles, sequences, and streets without a ticket.

Made to be like the corpus that the figures in facts.md were measured on: pyzbar reads about half of the tickets,
zxing-cpp about three quarters. The same seed gives the same pictures.
"""
