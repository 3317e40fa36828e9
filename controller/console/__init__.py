"""The web page for supervisors and developers: files that a browser runs as they are, and what serves them."""
