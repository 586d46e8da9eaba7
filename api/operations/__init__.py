"""What keeps a server going over the years: backups, and forgetting guests when an event is over."""
