"""What `make bench` runs: each module measures one question, side by side in one run, and gives tables."""
