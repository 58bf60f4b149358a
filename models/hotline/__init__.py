"""Orders of the 12345 hotline: how they come in, which ticket carries them, what goes back."""
