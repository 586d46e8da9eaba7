"""What guests and techs read. For now a terminal; the web screen comes beside it."""
