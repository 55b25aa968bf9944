"""The description of a set for programs: Croissant 1.0, which is JSON-LD (https://docs.mlcommons.org/croissant/)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from exporting.columns import COLUMNS, PICTURES, Column, Kind, file_column
from exporting.manifest import Entry
from exporting.request import Form
from exporting.summary import LICENCE, Summary

NAME = "croissant.json"
_CONTEXT: dict[str, Any] = {
    "@language": "en", "@vocab": "https://schema.org/", "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/", "dct": "http://purl.org/dc/terms/",
    "citeAs": "cr:citeAs", "column": "cr:column", "conformsTo": "dct:conformsTo",
    "rai": "http://mlcommons.org/croissant/RAI/", "data": {"@id": "cr:data", "@type": "@json"},
    "equivalentProperty": "cr:equivalentProperty", "samplingRate": "cr:samplingRate",
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"}, "extract": "cr:extract", "field": "cr:field",
    "fileProperty": "cr:fileProperty", "fileObject": "cr:fileObject", "fileSet": "cr:fileSet", "format": "cr:format",
    "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset", "jsonPath": "cr:jsonPath", "key": "cr:key",
    "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path", "recordSet": "cr:recordSet",
    "references": "cr:references", "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace",
    "separator": "cr:separator", "source": "cr:source", "subField": "cr:subField", "transform": "cr:transform",
}
_TYPES = {Kind.TEXT: "sc:Text", Kind.WHOLE: "sc:Integer", Kind.NUMBER: "sc:Float", Kind.FLAG: "sc:Boolean"}
_FORMATS = {
    Form.IMAGEFOLDER: (".jsonl", "application/jsonlines"), Form.PARQUET: (".parquet", "application/x-parquet"),
    Form.WEBDATASET: (".tar", "application/x-tar"), Form.CSV: (".csv", "text/csv"),
}


def croissant_of(summary: Summary, entries: Mapping[str, Entry]) -> bytes:
    """The whole file; `entries` are the set's files."""
    extension, encoding = _FORMATS[summary.request.form]
    tables = [entry for path, entry in sorted(entries.items()) if path.endswith(extension)]
    found = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "name": "stylegram-export",
        "description": summary.description,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "license": LICENCE,
        "citeAs": "The authors of the pictures, by their permalinks.",
        "url": "https://www.instagram.com/",
        "version": "1.0.0",
        **({"datePublished": summary.fetched[1]} if summary.fetched else {}),
        "distribution": [
            {
                "@type": "cr:FileObject", "@id": entry.path, "name": entry.path, "contentUrl": entry.path,
                "encodingFormat": encoding, "sha256": entry.sha256, "contentSize": f"{entry.size_bytes} B",
            }
            for entry in tables
        ],
        "recordSet": [] if summary.request.form is Form.WEBDATASET else [
            _record_set(summary, entry) for entry in tables],
    }
    return (json.dumps(found, indent=1) + "\n").encode()


def _record_set(summary: Summary, table: Entry) -> dict[str, Any]:
    """The rows of one file."""
    name = table.path.replace("/", "-").rpartition(".")[0]
    fields = [_field(name, table, column.name, _type(column), column.meaning) for column in _columns(summary)]
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "field": fields}


def _columns(summary: Summary) -> Sequence[Column]:
    files = [] if summary.request.form is Form.PARQUET else [
        Column(file_column(name), Kind.TEXT, "the picture's file") for name in PICTURES[summary.request.subject]]
    return [*files, *COLUMNS[summary.request.subject]]


def _type(column: Column) -> str:
    return "sc:DateTime" if column.name.endswith("_at") else _TYPES[column.kind]


def _field(record_set: str, table: Entry, column: str, data_type: str, meaning: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field", "@id": f"{record_set}/{column}", "name": f"{record_set}/{column}", "description": meaning,
        "dataType": data_type, "source": {"fileObject": {"@id": table.path}, "extract": {"column": column}},
    }
