"""The straight way, read from left to right: files → facts → project → graph → checks and engines → report."""
