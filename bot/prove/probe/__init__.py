"""The probe: injected into the target's own interpreter, so standard library and Python 3.8 syntax only."""
