"""The pages: translate a request in, make one call into ``services``, translate the answer out.

A feature (``items``, ``calendar`` …) has its routes, forms and words in one package and imports no other feature; what
all pages stand on is in ``http``, what several show is in ``components``.
"""
