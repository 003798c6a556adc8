"""How the application is served: threads for pages, static files, and the life of a process."""
