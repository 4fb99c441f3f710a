"""costmod: from an APM hotspot to a proven, priced pull request."""

__version__ = "0.1.0"
