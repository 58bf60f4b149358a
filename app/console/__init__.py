"""The staff console at /console. How a page is added:

1. give its name and roles a row in `access.ROUTES`;
2. write `@page("/figures") def figures(desk: Desk) -> str` in a module that `blueprint.SUBJECTS`
   names; it opens `desk.reading()` or `desk.writing()` and ends with `render("figures.html", ...)`;
3. put `templates/console/figures.html` there, which extends "console/shell.html"; the menu in
   `shell.html` shows a page where `may_open` says so.
"""
