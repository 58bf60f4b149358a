"""A report as one document of tables and curves, shown as a page, a sheet of Excel or a PDF."""
