"""All cases of the eager load: of whole relations, and of parts of collections."""

from codemods._django_cases import CASES as PLAIN
from codemods._django_filtered_cases import CASES as PARTS

CASES = PLAIN + PARTS
