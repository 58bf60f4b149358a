"""The interface /api/v1 of the mini-program: the same verbs as in chat, as JSON.

A noun is a module here, named in `application.NOUNS`; each of its routes is a function under
`reads`, `acts`, `sets` or `asks` of `routes`, which enters it into ROUTES with what it takes and
gives. The function gets the `Call` and what was sent, does what must be done outside of a
transaction (the platform, pictures, the understanding of words), and returns the work to be done
within one: a function of the session that returns what is given back. Who is not signed in, what
does not fit its schema, repeats, moments, languages, limits and refusals are dealt with around it,
and the document /api/v1/openapi.json says all that from the same table.
"""
