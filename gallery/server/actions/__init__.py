"""What pages can do, one module a noun. An action is a POST that the guard has let through; it answers with where to go
on, or with nothing to a script.
"""
