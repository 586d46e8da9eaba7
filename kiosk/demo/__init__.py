"""The simulated appliance: the real server, the real kiosk, rendered camera frames and mock pins."""
