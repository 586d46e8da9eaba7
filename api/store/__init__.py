"""The ticket server's memory: models, migrations and the one atomic scan. Everything that writes goes through here."""
