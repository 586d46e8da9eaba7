"""The tech page: camera, inputs, presentations, tests, doctor, log and settings, on a phone on the local network."""
