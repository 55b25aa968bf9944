"""The catalog: tables, queries and files on disk. Knows no other package."""
