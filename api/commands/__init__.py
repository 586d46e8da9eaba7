"""The organiser's shell: one module a noun, each command a function from arguments to an exit code."""
