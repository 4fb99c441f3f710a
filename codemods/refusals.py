"""The fixed list of refusal codes, each with the sentence a user reads about it."""

REFUSALS: dict[str, str] = {
    "R-ALIASED-UNRESOLVED": "the query selects an alias, and which model stands behind it could not be proven",
    "R-ALREADY-EAGER": "the relationship is already loaded eagerly",
    "R-AMBIGUOUS": "two places fit the evidence equally well",
    "R-CACHEBYPASS": "the related rows are filtered or ordered per row, so loading them ahead would only add a query",
    "R-COMMIT": "a commit inside the loop expires the loaded objects, so eager loading would save almost nothing",
    "R-COND": "the relationship is read on few rows, or the loop exits early, so eager loading could cost more",
    "R-DYNAMIC": "a dynamic relationship cannot be loaded eagerly",
    "R-MANAGER": "the related rows are read through a manager named per call, which rows loaded ahead do not answer",
    "R-NO-CODEMOD": "no codemod in the catalogue answers this kind of hotspot",
    "R-NOLOAD": "the relationship is declared noload, and loading it would change results",
    "R-OPTION-VAR": "loader options come from a variable or an explicit opt-out, so what is loaded is not known",
    "R-PARSE": "the file could not be read as Python source",
    "R-RAISE": "the relationship is declared to raise on lazy loads, so it cannot be what repeats here",
    "R-SHAPE": "the query combines others or limits its columns, and loading with it is refused by the library",
    "R-SHARED": "the query serves several models, and nothing gives loader options to this one alone",
    "R-STREAM": "the query streams its rows, and loading per chunk gains nothing",
    "R-SUBCLASS": "the relationship belongs to a subclass of the queried entity, where a plain option is ignored",
    "R-UNRESOLVED": "could not prove which code, model or relationship this is",
    "R-WRITE": "the loop writes to the database, and rows loaded ahead could be stale for later iterations",
    "R-WRITEONLY": "a write-only relationship cannot be loaded eagerly",
}
