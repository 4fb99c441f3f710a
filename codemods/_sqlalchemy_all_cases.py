"""All cases of the eager load: of queries that name their model, and of queries that several models share."""

from codemods._shared_cases import CASES as SHARED
from codemods._sqlalchemy_cases import CASES as PLAIN

CASES = PLAIN + SHARED
