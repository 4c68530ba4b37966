"""The command line, one file a command. In: arguments. Out: text on the right stream, files, an exit code.

``main.run`` is the console script. Start-up is cheap: what a command needs is imported when it runs.
"""
