"""Tickets on paper and on a phone's screen: PDF and PNG of an event's own tickets."""
