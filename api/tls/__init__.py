"""TLS without a domain: a key and a certificate of the server's own, and the pin by which gates know that key."""
