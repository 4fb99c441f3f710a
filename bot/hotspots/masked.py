"""What must not leave a reader, replaced by something that still tells equal values from others."""

import hashlib


def masked_url(url: str, query: str = "") -> str:
    """The URL without its fragment, and with a hash in place of the query string, its own or the one given apart."""
    address, _, own = url.partition("#")[0].partition("?")
    query = own or query
    return f"{address}?{hashlib.sha256(query.encode('utf-8', 'replace')).hexdigest()[:16]}" if query else address
