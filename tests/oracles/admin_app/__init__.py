"""Two admin sites: pages of models, pages that classes add, and pages that they answer themselves."""
