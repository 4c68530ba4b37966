"""What the commands beside the audit show of a picture: the route table, the stack, the graph, the chain between two.

In: a :class:`~analyzer.graph.picture.Picture`. Out: frozen values, and one text a format. Nothing here judges.
"""
