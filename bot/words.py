"""Numbers with their nouns, as people write them."""


def counted(number: int, noun: str) -> str:
    """For example "1 row", "2 rows", "0 queries": of nouns that take an s, or after a consonant's y an ies."""
    if number != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{number} {noun}"
