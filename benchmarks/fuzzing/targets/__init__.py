"""What is thrown at, by name: each reads bytes as the program reads what others wrote.

An exception that leaves a target is a finding; so is a library that `check` complains of after it.
"""

from benchmarks.fuzzing.targets import documents, pictures, sets, words
from benchmarks.fuzzing.targets.target import Target

TARGETS: dict[str, Target] = {
    target.name: target for target in (
        documents.DOCUMENTS, documents.PAGES, documents.REPARSE, pictures.IMAGES, pictures.EMBEDDED, sets.SIDECARS,
        sets.FOLDERS, sets.TARS, sets.PARQUET, sets.MANIFESTS, words.TOML, words.SELECTIONS)
}
