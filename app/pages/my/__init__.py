"""The resident's own pages under `/p/my/`: the same verbs as in chat, for who taps.

A page is added so: a view in the module of its subject, under `@page(rule)`; the module's name in
`blueprint.SUBJECTS`; a template in `templates/pages/my/`. A view gets the Visit and what its
address names; it opens the transactions it needs, calls one verb and renders. Whatever belongs to
somebody else is answered as if it did not exist.
"""
