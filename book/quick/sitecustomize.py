"""Spare every process of a build three seconds.

jsonschema imports a grammar of addresses on the chance that a schema asks for the format "iri".
None of the book's does, and the grammar is put together anew at each import.  jsonschema goes
without where it is missing.
"""

import sys

sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
