"""Events and their tickets: the keys, the codes in the QR, issuing and cancelling."""
