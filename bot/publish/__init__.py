"""From a saving to a pull request: pure decisions, one adapter per forge."""
