"""What each command takes from the command line: parse, call one function, return its exit code. No logic."""
