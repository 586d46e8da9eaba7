"""What goes on at the doors: how many are in, which gates are heard of, what people should look at."""
