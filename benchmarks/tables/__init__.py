"""A framework's own route table, written as JSON by a program that runs inside the application's environment.

Each module is run as ``python -m benchmarks.tables.NAME SOURCE PACKAGE FILE`` by an interpreter that has the
application and nothing of ours installed, so nothing here imports more than the standard library and, at run time,
the framework.
"""
