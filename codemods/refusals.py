"""The fixed list of refusal codes, each with the sentence a user reads about it, and how parts of codemods refuse."""

REFUSALS: dict[str, str] = {
    "R-ALIASED-UNRESOLVED": "the query selects an alias, and which model stands behind it could not be proven",
    "R-ALREADY-EAGER": "the relationship is already loaded eagerly",
    "R-AMBIGUOUS": "two places fit the evidence equally well",
    "R-BATCHED": "one call before the loop does the work of all rounds already",
    "R-CACHEBYPASS": "the related rows are filtered or ordered per row, so loading them ahead would only add a query",
    "R-CACHED": "the client is made once and kept already",
    "R-CARRY": "what a round asks for depends on what earlier rounds did",
    "R-CLUSTER": "the keys live on several servers, and no single call reaches all of them",
    "R-COLD": "a single call takes too little time for the edit to gain any",
    "R-COMMIT": "a commit inside the loop expires the loaded objects, so eager loading would save almost nothing",
    "R-COND": "the relationship is read on few rows, or the loop exits early, so eager loading could cost more",
    "R-DYNAMIC": "a dynamic relationship cannot be loaded eagerly",
    "R-EXC": "errors of single rounds are caught, which one query for all rounds would raise before them",
    "R-EXISTS": "the query asks only whether there are rows already",
    "R-GET-OR-CREATE": "the loop creates the rows that it does not find, and later rounds must see them",
    "R-IAM": "the batch needs a permission that the policies of the repository do not give",
    "R-KEY": "what is read is not known to be the very value that the foreign key column holds",
    "R-KEYEQ": "rows are not found by one unique key whose values the database and Python tell apart alike",
    "R-MANAGER": "the related rows are read through a manager named per call, which rows loaded ahead do not answer",
    "R-MOCKED": "tests watch the call that would be replaced",
    "R-NO-CODEMOD": "no codemod in the catalogue answers this kind of hotspot",
    "R-NOLOAD": "the relationship is declared noload, and loading it would change results",
    "R-NULLABLE": "the foreign key can be empty, where the read raises an error and the key column gives None",
    "R-OPTION-VAR": "loader options come from a variable or an explicit opt-out, so what is loaded is not known",
    "R-PARSE": "the file could not be read as Python source",
    "R-PARTIAL": "the code looks at each call's answer or error, which a batch reports otherwise",
    "R-RAISE": "the relationship is declared to raise on lazy loads, so it cannot be what repeats here",
    "R-RESULT": "what each single call gives back is used, and one call for all rounds does not give it",
    "R-SAVE": "saving a row of this model does more than writing it, and the row would be another without that",
    "R-SHAPE": "the query combines others or limits its columns, and loading with it is refused by the library",
    "R-SHARED": "the query serves several models, and nothing gives loader options to this one alone",
    "R-SHARED-CALLERS": "the write is in a function that writes one row per call, and the loop is in its callers",
    "R-SHARED-SESSION": "what is made must not be shared by threads, so it cannot be kept for all of them",
    "R-SIGNALS": "a receiver gets each row before it is written, and the bulk methods send no signals",
    "R-STREAM": "the query streams its rows, and loading per chunk gains nothing",
    "R-SUBCLASS": "the relationship belongs to a subclass of the queried entity, where a plain option is ignored",
    "R-TX": "rounds commit on their own, and one transaction for all of them keeps other rows after a failure",
    "R-UNRESOLVED": "could not prove which code, model or relationship this is",
    "R-VERSION": "the project runs on a version of the library that cannot do what the edit needs",
    "R-WRITE": "the loop writes to the database, and rows loaded ahead could be stale for later iterations",
    "R-WRITEONLY": "a write-only relationship cannot be loaded eagerly",
}


class RefusedError(Exception):
    """Why there is no edit: a code of `REFUSALS` and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
