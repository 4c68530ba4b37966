"""How fast the audit is on real backends, next to the engines it uses. Start at ``benchmarks/README.md``."""
