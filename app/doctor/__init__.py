"""The doctor: looks at a house from all sides and says in plain words what to do.

To add a look: a function in the module of its subject and a row in `app.doctor.examination`.
"""
