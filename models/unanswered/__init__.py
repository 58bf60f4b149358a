"""What residents said that met no answer: listed, settled by staff, counted afterwards."""
