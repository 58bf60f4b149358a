"""What is printed: A4 pages as PDF, in Chinese letters that the file brings along."""
