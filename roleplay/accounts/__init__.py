"""Who is speaking: people, their personas, their use of the site."""
