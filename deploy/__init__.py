"""How the app is run in production: a sample for nginx, and a rehearsal of the whole on one machine."""
